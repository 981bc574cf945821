// What tests of an application import: `oban-ts/testing`.

export { buildJob } from './build-job.ts'
export type { BuildOptions } from './claimed-job.ts'
export { drainQueue, type DrainQueueOptions } from './drain-queue.ts'
export { performJob, type PerformOptions } from './perform-job.ts'
export type { CancelledJob, CompletedJob, FailedJob, LoggedLine } from './performed.ts'
export type { PerformedJob, SnoozedJob, WorkerOf } from './performed.ts'
export type { RunOptions } from './run-body.ts'
export { reset, type ResetClientOptions, type ResetOptions } from './reset.ts'
export { withTestingMode, type TestingModeOptions } from './scope.ts'
export { TestingError } from '../testing-error.ts'
export type { TestingMode } from '../testing-mode.ts'
