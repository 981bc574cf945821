/** Turns the options of `new Oban()` into a `Config` that the rest can trust. */
import { check } from './config/check.ts'
import type { CronConfig } from './config/cron-schema.ts'
import type { Logging } from './config/logger-schema.ts'
import { optionsSchema } from './config/schema.ts'
import type { ReindexerConfig } from './config/reindexer-schema.ts'
import type {
  ObanOptions,
  PoolLike,
  SynchronousCommitOptions,
  ThreadLimits,
} from './config/options.ts'
import type { TestingMode } from './testing-mode.ts'

export type DatabaseConfig =
  | { readonly kind: 'url'; readonly url: string; readonly listen: string | undefined }
  | { readonly kind: 'pool'; readonly pool: PoolLike; readonly listen: string | undefined }
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
  /** In place of those of all threads, key by key. */
  readonly resourceLimits: ThreadLimits
  /** Jobs claimed ahead of the limit. */
  readonly prefetch: number
}

export interface ThreadConfig {
  readonly env: Readonly<Record<string, string>>
  readonly resourceLimits: ThreadLimits
  /** Module specifiers and URLs, ready for `import()`. */
  readonly preload: readonly string[]
  /** The `file:` URL of a file that exists. */
  readonly setup: string | undefined
  readonly bootMs: number
}

export interface PrunerConfig {
  /** How long jobs are kept after they ended, in seconds; `Infinity` for ever. */
  readonly ages: Readonly<Record<'completed' | 'cancelled' | 'discarded', number>>
  /** Most jobs deleted by one statement. */
  readonly limit: number
  readonly intervalMs: number
}

export interface MetricsConfig {
  readonly counts: boolean
  /** Jobs in a state up to which they are counted one by one. */
  readonly estimateAbove: number
}

export interface VacuumConfig {
  /** Processed jobs from one vacuum to the next. */
  readonly every: number
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
  /** `Infinity` for a stager that looks when it is told to. */
  readonly stager: { readonly intervalMs: number; readonly limit: number }
  readonly lifeline: boolean
  readonly pruner: PrunerConfig | false
  readonly cron: CronConfig | false
  readonly metrics: MetricsConfig | false
  readonly vacuum: VacuumConfig | false
  readonly reindexer: ReindexerConfig | false
  readonly leadership: boolean
  readonly notifier: 'isolated' | 'postgres'
  readonly synchronousCommit: SynchronousCommitOptions
  readonly unknownWorkers: 'release' | 'fail'
  /** `Infinity` waits for as long as jobs run: no timer may be set with it. */
  readonly shutdownGracePeriodMs: number
  readonly maxArgsBytes: number | undefined
  readonly testing: TestingMode
  readonly logger: Logging['to']
  /** What the logger is given; undefined for what suits its kind. */
  readonly logged: Omit<Logging, 'to'>
  readonly onFatal: (error: unknown) => void
}

/**
 * Check options and apply the defaults. Looks for the files of worker modules; connects nowhere.
 *
 * @throws {ConfigError} with every problem of the options, not only the first
 * @see https://hexdocs.pm/oban/Oban.Config.html#validate/1
 */
export function parseConfig(options: ObanOptions = {}): Config {
  const parsed = check(optionsSchema, options)
  const { database, stager, shutdownGracePeriod, queues, maxArgsBytes, threadOptions, ...most } =
    parsed
  const { to: logger, ...logged } = most.logger
  const rest = { ...most, logger, logged }
  const { setup, bootTimeout: bootMs, ...threads } = threadOptions
  const config = {
    ...rest,
    database,
    maxArgsBytes,
    threadOptions: { ...threads, setup, bootMs },
    queues: Object.entries(queues).map(([name, queue]) => ({ name, ...queue })),
    stager: { intervalMs: stager.interval, limit: stager.limit },
    shutdownGracePeriodMs: shutdownGracePeriod,
  }
  const owned = new Set<unknown>([rest.logger, ...rest.workers.definitions])
  if (database?.kind === 'pool') owned.add(database.pool)
  if (rest.cron !== false) rest.cron.crontab.forEach((entry) => owned.add(entry.definition))

  return freeze(config, owned)
}

function freeze<T>(value: T, owned: ReadonlySet<unknown>): T {
  if (typeof value !== 'object' || value === null || owned.has(value)) return value
  for (const part of Object.values(value)) freeze(part, owned)

  return Object.freeze(value)
}
