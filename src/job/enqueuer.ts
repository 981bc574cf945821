/** What jobs and workers need of an instance; inside a thread, a proxy of it answers the same. */
import type { Job } from '../job.ts'
import type { AnyWorker } from '../worker/definition.ts'
import type { JobOf, NamedEnqueueArgs, NamedWorker } from '../worker/inference.ts'
import { objectOf } from './call-options.ts'
import type { JobUpdate } from './changes.ts'
import type { JobOptions, NewJobRequest } from './new-job.ts'
import type { QueryClient } from './query-client.ts'
import type { WaitOptions } from './waiting.ts'

export interface ClientOption {
  /** Send the statements through this connection, and so in its transaction. Default: our pool */
  readonly client?: QueryClient | undefined
}

/** Jobs that are in memory already. */
export type JobList = ReadonlySet<NewJobRequest> | readonly NewJobRequest[]

/** Jobs that are made as they are asked for: of a generator, an iterator, or anything asynchronous. */
export type JobStream = AsyncIterable<NewJobRequest> | IterableIterator<NewJobRequest>

export interface StreamOptions extends ClientOption {
  /** All jobs in one transaction; they are collected in memory until the last. Default: false */
  readonly atomic?: boolean | undefined
}

/** What became of a stream of jobs. */
export interface StreamInserted {
  readonly inserted: number
  /** Jobs that were not stored as they exist already. */
  readonly conflicts: number
}

export interface Enqueuer {
  /** Instances are found by it. */
  readonly name: string
  enqueue<Input, RecordedValue>(
    request: NewJobRequest<Input, RecordedValue>,
    options?: ClientOption,
  ): Promise<Job<Input, RecordedValue>>
  /** By the name of the worker. */
  enqueue<Named extends AnyWorker = NamedWorker>(
    ...params: NamedEnqueueArgs<Named, EnqueueOptions>
  ): Promise<JobOf<Named>>
  /** The jobs in the order of the requests. */
  enqueueMany(requests: JobList, options?: ClientOption): Promise<Job[]>
  /** A commit for each batch, unless atomic. */
  enqueueMany(requests: JobStream, options?: StreamOptions): Promise<StreamInserted>
  /** Where the caller does not know which of them it has. */
  enqueueMany(
    requests: JobList | JobStream,
    options?: StreamOptions,
  ): Promise<Job[] | StreamInserted>
  getJob<Input = unknown, RecordedValue = unknown>(
    id: number,
    options?: ClientOption,
  ): Promise<Job<Input, RecordedValue> | undefined>
  /** Whether it changed anything. */
  cancelJob(id: number, options?: ClientOption): Promise<boolean>
  /** The job once it has ended. */
  waitForJob<Input = unknown, RecordedValue = unknown>(
    id: number,
    options?: WaitOptions,
  ): Promise<Job<Input, RecordedValue>>
  /** The job as it is then. */
  updateJob(id: number, update: JobUpdate, options?: ClientOption): Promise<Job>
}

export interface InstanceOption {
  /** The instance, or its name. Default: 'Oban' */
  readonly oban?: Enqueuer | string | undefined
}

export interface EnqueueOptions<Key extends string = string>
  extends JobOptions<Key>, ClientOption, InstanceOption {}

/** Part the options of one call into those that are stored and those that say how. */
export function splitOptions(options: EnqueueOptions): {
  readonly job: JobOptions
  readonly call: ClientOption & InstanceOption
} {
  const { client, oban, ...job } = objectOf(options)

  return { job, call: { client, oban } }
}
