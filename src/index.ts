// The public surface of the library.

export { Oban } from './oban.ts'
export { ConfigError, InThreadError, InvalidArgsError, InvalidJobError } from './errors.ts'
export { NotFoundError, NotRunningError, StoppedError, type Problem } from './errors.ts'
export {
  JobAbortedError,
  JobCrashError,
  JobTimeoutError,
  RecordError,
  UnknownWorkerError,
} from './job-errors.ts'
export {
  DatabaseUnreachableError,
  EmbeddedError,
  MigrationError,
  ResultsLostError,
  SchemaMissingError,
} from './database-errors.ts'

export { defineJob, defineWorker } from './worker.ts'
export type { JobDefinition, JobDefinitionOptions, JobHandle, Process } from './worker.ts'
export type { Worker, WorkerOptions } from './worker.ts'
export { type AnyWorker, isWorker } from './definition.ts'
export type { JobLog, JobTools, ProcessResult, RunningJob } from './execution.ts'
export type { InputOf, JobOf, NamedEnqueueArgs, NamedWorker, NewParams } from './inference.ts'
// Named by the declarations that the compiler writes for a worker whose arguments are not JSON.
export type { NotAnObject, NotJson, NotJsonDate } from './inference.ts'
export type { OutputOf, RecordedOf } from './inference.ts'
export { type StandardSchema, typed } from './standard-schema.ts'
export type { QueueName, Register } from './register.ts'

export { Cancel, cancel, isCancel } from './results.ts'
export { isSnooze, Snooze, snooze } from './results.ts'
export { isRecorded, record, Recorded } from './results.ts'
export { defaultBackoff, exponential, jitter } from './backoff.ts'
export type { ExponentialOptions, JitterOptions, Random } from './backoff.ts'
export type { Duration, Period } from './period.ts'

export type { Job, JobError, JobState } from './job.ts'
export type { JobOptions, NewJobRequest } from './new-job.ts'
export type { ClientOption, Enqueuer, EnqueueOptions, InstanceOption } from './enqueuer.ts'
export type { QueryClient } from './query-client.ts'
export type { JsonObject, JsonValue } from './json.ts'
