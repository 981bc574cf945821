/**
 * Definitions of workers: what a job of that name is, where it goes, and what it does.
 *
 * A module of definitions is loaded by the application, to enqueue, and by the threads, to execute.
 * Importing it opens nothing.
 */
import {
  type AnyWorker,
  brandAs,
  buildDefinition,
  type DefinitionOptions,
  type ErasedOptions,
  type WorkerDefinition,
} from './worker/definition.ts'
import { hasMethods } from './adapters/refusal.ts'
import { ConfigError, InvalidIdError } from './errors.ts'
import { checkOptions } from './job/call-options.ts'
import {
  type ClientOption,
  type EnqueueOptions,
  type Enqueuer,
  splitOptions,
} from './job/enqueuer.ts'
import type { InstanceOption } from './job/enqueuer.ts'
import type { JobTools, ProcessResult, RunningJob } from './worker/execution.ts'
import type { JsonInput, NewParams, RecordedIn } from './worker/inference.ts'
import type { WaitOptions } from './job/waiting.ts'
import { JobNotFoundError } from './management-errors.ts'
import type { Job } from './job.ts'
import type { JobOptions, NewJobRequest } from './job/new-job.ts'
import { findInstance, registerWorker } from './registry.ts'
import { shown } from './shown.ts'
import { orRefuse } from './unreadable.ts'
import type { KeyOf } from './unique.ts'
import type { SchemaInput, SchemaOutput, StandardSchema } from './worker/standard-schema.ts'

/** What can be done with a kind of job from outside; inside `process`, it is `self`. */
export interface JobHandle<Input, RecordedValue = unknown> extends AnyWorker {
  readonly name: string

  /**
   * A job to be enqueued later, for instance with others by `enqueueMany`.
   *
   * Synchronous; arguments and options are validated when it is enqueued.
   *
   * @see https://hexdocs.pm/oban/Oban.Worker.html#c:new/2
   */
  readonly new: (
    ...params: NewParams<Input, JobOptions<KeyOf<Input>>>
  ) => NewJobRequest<Input, RecordedValue>

  /**
   * Store a job. One round trip, in the transaction of `client` when given.
   *
   * @throws {InvalidArgsError} when the arguments do not match the schema
   * @throws {InvalidJobError} when an option cannot be stored
   * @throws {NotFoundError} when there is no instance of that name
   * @throws {StoppedError} when the instance is stopped
   * @see https://hexdocs.pm/oban/Oban.html#insert/2
   */
  readonly enqueue: (
    ...params: NewParams<Input, EnqueueOptions<KeyOf<Input>>>
  ) => Promise<Job<Input, RecordedValue>>

  /**
   * The job with this id; `undefined` when there is none, or it belongs to another worker. Its args
   * are as stored: the schema runs again only when the job does.
   *
   * @throws {InvalidIdError} when the id is not a whole number from 1
   * @throws {NotFoundError} when there is no instance of that name
   * @throws {StoppedError} when the instance is stopped, without a `client`
   */
  readonly get: (
    id: number,
    options?: ClientOption & InstanceOption,
  ) => Promise<Job<Input, RecordedValue> | undefined>

  /**
   * The job once it has ended; see its `state`. As `oban.waitForJob`, with the types of this worker.
   *
   * @example
   * ```ts
   * const job = await Resize.enqueue({ path: 'a.png', width: 80 })
   * const { state, recorded } = await Resize.wait(job, { timeout: { seconds: 30 } })
   * ```
   *
   * @throws {WaitTimeoutError} when it takes longer than `timeout`; the job goes on
   * @throws {JobNotFoundError} when there is no such job of this worker, or it is deleted meanwhile
   * @throws the reason of `signal`, when that aborts
   * @throws {InvalidIdError} when the id is not a whole number from 1
   * @throws {NotFoundError} when there is no instance of that name
   * @throws {InThreadError} inside a job's thread
   * @throws {StoppedError} when the instance is stopped
   */
  readonly wait: (
    job: number | { readonly id: number },
    options?: InstanceOption & WaitOptions,
  ) => Promise<Job<Input, RecordedValue>>
}

/** A worker: `Input` is what it is enqueued with, `Output` what its `process` gets. */
export interface Worker<Input, Output, RecordedValue> extends JobHandle<Input, RecordedValue> {
  readonly '~types'?: {
    readonly input: Input
    readonly output: Output
    readonly recorded: RecordedValue
  }
}

/** The definition of a job without the code that does it. */
export interface JobDefinition<Input, Output> extends Worker<Input, Output, unknown> {
  /** The worker itself, usually in a module that only the threads load. */
  readonly process: <Result extends ProcessResult>(
    process: Process<Input, Output, Result>,
  ) => Worker<Input, Output, RecordedIn<Result>>
}

/** The code of a worker. */
export type Process<Input, Output, Result> = (
  job: RunningJob<Output>,
  tools: JobTools<JobHandle<Input>>,
) => Promise<Result> | Result

/** Without a schema a worker takes no arguments. */
type NoArgs = StandardSchema<Record<string, never>>

export type JobDefinitionOptions<Schema extends StandardSchema> = DefinitionOptions<
  Schema,
  JsonInput<SchemaInput<Schema>>
>

export interface WorkerOptions<
  Schema extends StandardSchema,
  Result,
> extends JobDefinitionOptions<Schema> {
  /**
   * Do the job. Returning nothing completes it, throwing counts as a failed attempt; see `cancel`,
   * `snooze` and `record` for the rest.
   */
  process(
    job: RunningJob<SchemaOutput<Schema>>,
    tools: JobTools<JobHandle<JsonInput<SchemaInput<Schema>>>>,
  ): Promise<Result> | Result
}

/** @throws {InvalidIdError} when it is neither a job nor the id of one */
function idOf(job: number | { readonly id: number }): number {
  return orRefuse(
    () => (Object(job) === job ? Object(job).id : job),
    () => new InvalidIdError(job),
  )
}

/**
 * The part of a worker that enqueues, through the instance of the options or else through `home`.
 *
 * @param home - where `self` enqueues: the instance that runs the job. Default: the one named 'Oban'
 */
export function handleOf(definition: WorkerDefinition, home?: Enqueuer): JobHandle<unknown> {
  const { name } = definition
  const find = (oban: Enqueuer | string | undefined): Enqueuer => {
    if (oban === undefined || typeof oban === 'string') {
      return oban === undefined && home ? home : findInstance(oban)
    }
    if (hasMethods(oban, ['enqueue', 'getJob', 'waitForJob'])) return oban
    const message = `must be an instance or its name, got ${shown(oban)}`
    throw new ConfigError([{ path: 'oban', message }])
  }

  const request = (args: unknown = {}, options: JobOptions = {}): NewJobRequest => {
    return { worker: name, args, options, definition }
  }
  const handle: JobHandle<unknown> = {
    name,
    new: request,
    // async, so that every refusal is a rejection.
    enqueue: async (args, options = {}) => {
      const { job, call } = splitOptions(options)

      return find(call.oban).enqueue(request(args, job), { client: call.client })
    },
    get: async (id, options = {}) => {
      const { oban, ...call } = checkOptions(options, ['client', 'oban'])
      const job = await find(oban).getJob(id, call)

      return job?.worker === name ? job : undefined
    },
    wait: async (job, options = {}) => {
      const { oban, ...wait } = checkOptions(options, ['oban', 'signal', 'timeout'])
      const id = idOf(job)
      const ended = await find(oban).waitForJob(id, wait)
      if (ended.worker !== name) throw new JobNotFoundError(id)

      return ended
    },
  }

  return brandAs(definition, handle)
}

/**
 * Define a worker, and make it known to this process under its name.
 *
 * A second definition of the same name replaces the first, as hot reload evaluates modules twice.
 *
 * @example
 * ```ts
 * export const Greet = defineWorker({
 *   name: 'Greet',
 *   args: z.object({ name: z.string() }),
 *   async process(job, { log }) {
 *     log.info(`hello ${job.args.name}`)
 *   },
 * })
 * await Greet.enqueue({ name: 'Ada' })
 * ```
 *
 * @throws {ConfigError} when an option is unknown or out of its range
 * @see https://hexdocs.pm/oban/Oban.Worker.html
 */
export function defineWorker<Result extends ProcessResult, Schema extends StandardSchema = NoArgs>(
  options: WorkerOptions<Schema, Result>,
): Worker<JsonInput<SchemaInput<Schema>>, SchemaOutput<Schema>, RecordedIn<Result>>
export function defineWorker(options: ErasedOptions): AnyWorker {
  const definition = buildDefinition(options, 'worker')
  registerWorker(definition)

  return handleOf(definition)
}

/**
 * Define a job without its code, for programs that only enqueue it.
 *
 * @example
 * ```ts
 * export const Thumb = defineJob({ name: 'Thumb', args: z.object({ path: z.string() }) })
 * // in a module that only the threads load
 * export const ThumbWorker = Thumb.process(async (job) => shrink(job.args.path))
 * ```
 *
 * @throws {ConfigError} when an option is unknown or out of its range
 */
export function defineJob<Schema extends StandardSchema = NoArgs>(
  options: JobDefinitionOptions<Schema>,
): JobDefinition<JsonInput<SchemaInput<Schema>>, SchemaOutput<Schema>>
export function defineJob(options: ErasedOptions): AnyWorker {
  const definition = buildDefinition(options, 'job')
  registerWorker(definition)

  const process = (code: NonNullable<WorkerDefinition['process']>) =>
    defineWorker({ ...options, process: code })

  return brandAs(definition, { ...handleOf(definition), process })
}
