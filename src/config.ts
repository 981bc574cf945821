/** Turns the options of `new Oban()` into a `Config` that the rest can trust. */
import { copyOptions, writePath } from './config/input.ts'
import { optionsSchema, type ParsedQueue } from './config/schema.ts'
import { knownWords } from './config/values.ts'
import { ConfigError, type Problem } from './errors.ts'
import type { LoggerLike, ObanOptions, PoolLike, ThreadLimits } from './config/options.ts'
import { nearest } from './suggestion.ts'

export type DatabaseConfig =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'pool'; readonly pool: PoolLike }
  | { readonly kind: 'embedded'; readonly dataDir: string }

export interface QueueConfig {
  readonly name: string
  readonly limit: number
  readonly threads: number
  readonly execution: 'threads' | 'inline'
  readonly paused: boolean
  /** Infinity for threads that never end for having nothing to do. */
  readonly idleTimeoutMs: number
  /** Infinity for never. */
  readonly recycle: { readonly afterJobs: number; readonly aboveMb: number }
  readonly resourceLimits: ThreadLimits
}

export interface ThreadConfig {
  readonly env: Readonly<Record<string, string>>
  /** Module specifiers and URLs, ready for `import()`. */
  readonly preload: readonly string[]
}

export interface PrunerConfig {
  /** How long jobs are kept after they ended, in seconds; `Infinity` for ever. */
  readonly ages: Readonly<Record<'completed' | 'cancelled' | 'discarded', number>>
  /** Most jobs deleted by one statement. */
  readonly limit: number
  readonly intervalMs: number
}

/** Every option of an instance with its default applied. Deeply frozen, but for the user's objects. */
export interface Config {
  /** Undefined in a client whose every call has a `client`. */
  readonly database: DatabaseConfig | undefined
  readonly name: string
  readonly node: string
  readonly prefix: string
  readonly workers: {
    /** `file:` URLs of files that exist. */
    readonly modules: readonly string[]
    /** For inline queues only. */
    readonly definitions: readonly object[]
  }
  readonly queues: readonly QueueConfig[]
  readonly threadOptions: ThreadConfig
  readonly stager: { readonly intervalMs: number; readonly limit: number }
  readonly lifeline: boolean
  readonly pruner: PrunerConfig | false
  readonly leadership: boolean
  readonly unknownWorkers: 'release' | 'fail'
  /** `Infinity` waits for as long as jobs run: no timer may be set with it. */
  readonly shutdownGracePeriodMs: number
  readonly maxArgsBytes: number | undefined
  readonly logger: LoggerLike | 'json' | 'pretty' | false
  readonly onFatal: (error: unknown) => void
}

/**
 * Check options and apply the defaults. Looks for the files of worker modules; connects nowhere.
 *
 * @throws {ConfigError} with every problem of the options, not only the first
 * @see https://hexdocs.pm/oban/Oban.Config.html#validate/1
 */
export function parseConfig(options: ObanOptions = {}): Config {
  const unreadable: Problem[] = []
  const parsed = optionsSchema.safeParse(copyOptions(options, unreadable), { reportInput: true })
  const problems = [...unreadable, ...(parsed.error?.issues.map(toProblem) ?? [])]
  if (!parsed.success || problems.length > 0) throw new ConfigError(onePerPath(problems))

  const { database, stager, shutdownGracePeriod, queues, maxArgsBytes, ...rest } = parsed.data
  const config = {
    ...rest,
    database,
    maxArgsBytes,
    queues: Object.entries(queues).map(([name, queue]) =>
      queueConfig(name, queue, rest.threadOptions.resourceLimits),
    ),
    stager: { intervalMs: stager.interval, limit: stager.limit },
    shutdownGracePeriodMs: shutdownGracePeriod,
  }
  const owned = new Set<unknown>([rest.logger, ...rest.workers.definitions])
  if (database?.kind === 'pool') owned.add(database.pool)

  return freeze(config, owned)
}

function queueConfig(
  name: string,
  { idleTimeout, recycle, resourceLimits, ...queue }: ParsedQueue,
  commonLimits: ThreadLimits,
): QueueConfig {
  const never = Number.POSITIVE_INFINITY
  const { afterJobs = never, aboveMb = never } = recycle

  return {
    name,
    ...queue,
    idleTimeoutMs: idleTimeout,
    recycle: { afterJobs, aboveMb },
    resourceLimits: { ...commonLimits, ...resourceLimits },
  }
}

type Issue = NonNullable<ReturnType<typeof optionsSchema.safeParse>['error']>['issues'][number]

function toProblem({ path, message, ...issue }: Issue): Problem {
  const { keys = [], words = [] } = issue.code === 'custom' ? knownWords(issue.params) : {}
  const suggestion =
    nearest(String(path.at(-1)), keys) ??
    (typeof issue.input === 'string' ? nearest(issue.input, words) : undefined)

  return { path: writePath(path), message, ...(suggestion === undefined ? {} : { suggestion }) }
}

/** What could not be read is missing from the copy, which the schema may deplore once more. */
function onePerPath(problems: readonly Problem[]): Problem[] {
  const first = new Map<string, Problem>()

  for (const problem of problems) {
    if (!first.has(problem.path)) first.set(problem.path, problem)
  }

  return [...first.values()]
}

function freeze<T>(value: T, owned: ReadonlySet<unknown>): T {
  if (typeof value !== 'object' || value === null || owned.has(value)) return value
  for (const part of Object.values(value)) freeze(part, owned)

  return Object.freeze(value)
}
