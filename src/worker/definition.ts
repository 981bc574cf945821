/** A worker as the run time sees it, without the types of its arguments. */
import { ConfigError, type Problem } from '../errors.ts'
import { readRules, type CronRule, type WorkerCron } from '../cron/rule.ts'
import type { JobTools, ProcessResult, RunningJob } from './execution.ts'
import type { Job } from '../job.ts'
import { fieldProblems, nameProblems, normalizeTags, unknownKeyProblems } from '../job/fields.ts'
import type { JsonObject } from '../job/json.ts'
import type { Period } from '../period.ts'
import type { QueueName } from './register.ts'
import type { Replace } from '../job/replace.ts'
import { shown } from '../shown.ts'
import { orRefuse, UNREADABLE } from '../unreadable.ts'
import type { StandardSchema } from './standard-schema.ts'
import type { KeyOf, Unique } from '../unique.ts'
import { workerUniquenessProblems } from '../job/uniqueness.ts'
import {
  storedTimeout,
  timeoutProblems,
  type JobTimeout,
  type StoredTimeout,
  type Timeout,
} from './timeout.ts'

/** Registered, so that every loaded copy of the package recognises the workers of the others. */
const brand: unique symbol = Symbol.for('oban-ts.worker')

export interface WorkerDefinition {
  readonly name: string
  readonly queue: string
  readonly maxAttempts: number
  readonly priority: number
  readonly tags: readonly string[]
  /** As written: the options of a call go over them key by key. */
  readonly unique?: Unique | undefined
  readonly replace?: Replace | undefined
  readonly schema?: StandardSchema | undefined
  /** When it runs by itself. */
  readonly crons?: readonly CronRule[] | undefined
  /** Gets the job as stored, since a run can fail before its args were parsed. */
  readonly backoff?: ((job: Job) => Period) | undefined
  readonly timeout?: StoredTimeout | undefined
  /** Absent when this process knows the job's definition only. */
  readonly process?:
    | ((
        job: RunningJob<unknown>,
        tools: JobTools<unknown>,
      ) => ProcessResult | Promise<ProcessResult>)
    | undefined
}

/** What `defineJob` and `defineWorker` have in common; `Args` is the schema. */
export interface DefinitionOptions<Schema extends StandardSchema, Args> {
  /** Stored in `oban_jobs.worker`; 1 to 127 characters. */
  readonly name: string
  /** Default: 'default' */
  readonly queue?: QueueName
  /** Runs before the job is discarded, 1 to 32767. Default: 20 */
  readonly maxAttempts?: number
  /** 0 (first) to 9. Default: 0 */
  readonly priority?: number
  /** Stored trimmed and in lower case. Default: none */
  readonly tags?: readonly string[]
  /**
   * Not to exist twice; see the guide on unique jobs. Default: false
   *
   * @see https://hexdocs.pm/oban/unique_jobs.html
   */
  readonly unique?: Unique<KeyOf<Args>>
  /** What a new job changes of the one that stands in its way. Default: nothing */
  readonly replace?: Replace
  /** Any Standard Schema (zod, valibot, arktype, …), or `typed<…>()`. Default: no arguments */
  readonly args?: Schema
  /**
   * When jobs are inserted by themselves, on the instances that have this worker among their
   * `workers`: a cron expression, or an object with one, or several. Default: never
   *
   * @see https://hexdocs.pm/oban/periodic_jobs.html
   */
  readonly cron?: WorkerCron<Args>
  /**
   * How long to wait after a failed attempt; a bare number is seconds. Default: Oban's formula.
   *
   * @see https://hexdocs.pm/oban/Oban.Worker.html#c:backoff/1
   */
  backoff?(job: Job<Args>): Period
  /**
   * How long the schema of `args` and then `process` may take; past it the signal aborts, and a body that
   * goes on is ended with its thread. The attempt fails with `OBAN_TIMEOUT`. Default: no bound
   *
   * @see https://hexdocs.pm/oban/Oban.Worker.html#c:timeout/1
   */
  readonly timeout?: JobTimeout<Args> | Timeout
}

/** The options of a definition once their types are checked, `process` included. */
export interface ErasedOptions extends DefinitionOptions<StandardSchema, JsonObject> {
  process?(
    job: RunningJob<unknown>,
    tools: JobTools<unknown>,
  ): ProcessResult | Promise<ProcessResult>
}

/** What `defineWorker` takes. */
export const workerOptionNames = [
  'name',
  'queue',
  'maxAttempts',
  'priority',
  'tags',
  'unique',
  'replace',
  'args',
  'backoff',
  'timeout',
  'cron',
  'process',
] satisfies (keyof ErasedOptions)[]

function kindProblems(options: ErasedOptions, kind: 'job' | 'worker'): Problem[] {
  const problems: Problem[] = []

  if (kind === 'worker' && options.process === undefined) {
    problems.push({ path: 'process', message: 'is missing; use defineJob for a job without one' })
  }

  for (const path of ['backoff', 'process'] as const) {
    const value: unknown = options[path]
    if (value !== undefined && typeof value !== 'function') {
      problems.push({ path, message: `must be a function, got ${shown(value)}` })
    }
  }

  // A schema of arktype is a function.
  const schema: unknown = options.args
  const isSchema = Object(schema) === schema && '~standard' in Object(schema)
  if (schema !== undefined && !isSchema) {
    const message = `must be a Standard Schema or typed<…>(), got ${shown(schema)}`
    problems.push({ path: 'args', message })
  }

  return problems
}

/**
 * Check the options of a definition and fill in the defaults.
 *
 * @throws {ConfigError} with all that is wrong, so that a faulty module fails to load
 */
export function buildDefinition(options: ErasedOptions, kind: 'job' | 'worker'): WorkerDefinition {
  return orRefuse(
    () => readDefinition(options, kind),
    (cause) => {
      if (cause instanceof ConfigError) return cause

      return new ConfigError([{ path: '', message: `a worker's options: ${UNREADABLE}` }], {
        cause,
      })
    },
  )
}

function readDefinition(options: ErasedOptions, kind: 'job' | 'worker'): WorkerDefinition {
  const given: unknown = options
  if (typeof given !== 'object' || given === null) {
    const message = `a worker's options must be an object, got ${shown(given)}`
    throw new ConfigError([{ path: '', message }])
  }
  const { name, queue = 'default', maxAttempts = 20, priority = 0, tags = [] } = options
  const crons = readRules(options.cron)
  const problems = [
    ...nameProblems(name, 'name'),
    ...fieldProblems({ queue, maxAttempts, priority, tags }),
    ...kindProblems(options, kind),
    ...timeoutProblems(options.timeout),
    ...crons.problems,
    ...workerUniquenessProblems(name, options),
    ...unknownKeyProblems(options, workerOptionNames),
  ]

  if (problems.length > 0) {
    throw new ConfigError(
      problems.map((problem) => ({ ...problem, path: `worker ${shown(name)}: ${problem.path}` })),
    )
  }

  return {
    name,
    queue,
    maxAttempts,
    priority,
    tags: normalizeTags(tags),
    unique: options.unique,
    replace: options.replace,
    schema: options.args,
    crons: crons.rules,
    backoff: options.backoff?.bind(options),
    timeout: storedTimeout(options.timeout, options),
    process: options.process?.bind(options),
  }
}

/** What of a definition can be told to another thread. */
export type PlainDefinition = Omit<WorkerDefinition, 'backoff' | 'process' | 'schema' | 'timeout'>

export function plainDefinition(definition: WorkerDefinition): PlainDefinition {
  const { backoff: _, process: _p, schema: _s, timeout: _t, ...plain } = definition

  return plain
}

/** Mark an object as a worker of this definition. */
export function brandAs<Shape extends object>(definition: WorkerDefinition, shape: Shape): Shape {
  return Object.defineProperty(shape, brand, { value: definition })
}

/** What every worker and job definition is, whatever its types. */
export interface AnyWorker {
  readonly name: string
  /** For the compiler only: never present at run time. */
  readonly '~types'?:
    | { readonly input: unknown; readonly output: unknown; readonly recorded: unknown }
    | undefined
}

function isBranded(value: unknown): value is { readonly [brand]: WorkerDefinition } {
  return typeof value === 'object' && value !== null && brand in value
}

/** Whether a value came from `defineWorker` or `defineJob`, of this copy of the package or another. */
export function isWorker(value: unknown): value is AnyWorker {
  return isBranded(value)
}

/**
 * The run-time view of a worker.
 *
 * @throws {TypeError} when it did not come from `defineWorker` or `defineJob`
 */
export function definitionOf(worker: AnyWorker): WorkerDefinition {
  if (!isBranded(worker)) throw new TypeError(`not a worker of defineWorker: ${shown(worker)}`)

  return worker[brand]
}
