/**
 * The public surface of the library.
 *
 * @module oban-ts
 */

export { Oban } from './oban.ts'
export type { ChildDescription, TreeDescription } from '../supervisors/description.ts'
export type { InspectedActor, InspectedMessage } from '../supervisors/inspection.ts'
export type { InspectedSnapshot, InspectionEvent } from '../supervisors/inspection.ts'
export type { InspectionObserver } from '../supervisors/inspection.ts'
export { defineConfig } from './config/define.ts'
export type { DrainOptions } from './config/drain.ts'
export type { Drained } from './drained.ts'
export type {
  DatabaseOptions,
  LoggerLike,
  LoggerOptions,
  ObanOptions,
  PoolLike,
} from './config/options.ts'
export type { MetricsOptions, PrunerOptions, QueueOptions, QueueScale } from './config/options.ts'
export type { CronTableOptions, CrontabEntry } from './config/options.ts'
export type { StagerOptions, ThreadLimits, ThreadOptions } from './config/options.ts'
export type { ControlScope, ReindexerOptions, VacuumOptions } from './config/options.ts'
export type { Connectivity, Health, HealthProblem, QueueHealth } from './health.ts'
export type { QueueState, ThreadState } from './queue-state.ts'
export { ConfigError, InThreadError, InvalidArgsError, InvalidIdError } from './errors.ts'
export { InvalidJobError, StreamInsertError, TypeScriptError } from './errors.ts'
export { NotFoundError, NotRunningError, StoppedError, type Problem } from './errors.ts'
export { UnknownQueueError } from './errors.ts'
export { InvalidFilterError, JobLockedError, JobNotFoundError } from './management-errors.ts'
export { JobStateError, WaitTimeoutError } from './management-errors.ts'
export {
  AroundError,
  JobAbortedError,
  JobCrashError,
  JobLostError,
  JobTimeoutError,
  RecordError,
  UnknownWorkerError,
} from './job-errors.ts'
export {
  DatabaseUnreachableError,
  EmbeddedError,
  MigrationError,
  MissingRightsError,
  SchemaMissingError,
} from './database-errors.ts'

export { UniqueIndexError, UniqueLockError } from './unique-errors.ts'

export { defineJob, defineWorker } from './worker.ts'
export type { JobDefinition, JobDefinitionOptions, JobHandle, Process } from './worker.ts'
export type { Worker, WorkerOptions } from './worker.ts'
export { type AnyWorker, isWorker } from './worker/definition.ts'
export type { Around, CompleteOptions, JobLog, JobTools, LogLevel } from './worker/execution.ts'
export type { ProcessResult, RunningJob } from './worker/execution.ts'
export type {
  InputOf,
  JobOf,
  NamedEnqueueArgs,
  NamedWorker,
  NewParams,
} from './worker/inference.ts'
// Named by the declarations that the compiler writes for a worker whose arguments are not JSON.
export type { NotAnObject, NotJson, NotJsonDate } from './worker/inference.ts'
export type { OutputOf, RecordedOf } from './worker/inference.ts'
export { type StandardSchema, typed } from './worker/standard-schema.ts'
export type { JobContext, QueueName, Register } from './worker/register.ts'
export type { Timeout } from './worker/timeout.ts'

export { Cancel, cancel, isCancel } from './worker/results.ts'
export { isSnooze, Snooze, snooze } from './worker/results.ts'
export { isRecorded, record, Recorded } from './worker/results.ts'
export { defaultBackoff, exponential, jitter } from './backoff.ts'
export type { ExponentialOptions, JitterOptions, Random } from './backoff.ts'
export type { Duration, Period } from './period.ts'
export type { CronListing } from './cron/crontab.ts'
export type { CronJobOptions, CronOptions, WorkerCron } from './cron/rule.ts'
export { lastCronRun, nextCronRun, type CronRunOptions } from './cron/expression.ts'

export type { Job, JobError, JobState } from './job.ts'
export type { Instant, TemporalInstant } from './job/instant.ts'
export type { JobChanges, JobUpdate } from './job/changes.ts'
export type { JobFilter, JobSelection, ManyJobs } from './job/filter.ts'
export type { CountOptions, JobCount } from './job/counting.ts'
export type { JobPage, ListOptions } from './job/listing.ts'
export type { WaitOptions } from './job/waiting.ts'
export type { JobOptions, NewJobRequest } from './job/new-job.ts'
export type { Replace, ReplaceField } from './job/replace.ts'
export type { ScheduleOptions } from './job/schedule.ts'
export type { Unique, UniqueField, UniqueOptions, UniqueStates } from './unique.ts'
export type { ClientOption, Enqueuer, EnqueueOptions, InstanceOption } from './job/enqueuer.ts'
export type { JobList, JobStream, StreamInserted, StreamOptions } from './job/enqueuer.ts'
export type { QueryClient } from './job/query-client.ts'
export type { JsonObject, JsonValue } from './job/json.ts'

export { fromDrizzle } from './adapters/drizzle.ts'
export { fromKnex } from './adapters/knex.ts'
export { fromKysely } from './adapters/kysely.ts'
export { fromPostgresJs } from './adapters/postgres-js.ts'
export { fromPrisma } from './adapters/prisma.ts'
export { fromTypeorm } from './adapters/typeorm.ts'
