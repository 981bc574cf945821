/** Runs a worker's body in a test, as a queue would. */
import type { Job } from '../job.ts'
import type { AnyWorker } from '../worker/definition.ts'
import type { InputOf, NewParams } from '../worker/inference.ts'
import { type BuildOptions, buildOptions, checkTestOptions } from './claimed-job.ts'
import { isJob, jobAsIs, jobOf } from './job-to-run.ts'
import type { FailedJob, PerformedJob, WorkerOf } from './performed.ts'
import { runBody, type RunOptions, runOptions } from './run-body.ts'

export interface PerformOptions extends BuildOptions, RunOptions {}

interface Throwing {
  readonly withSafety?: false | undefined
}

interface Safe {
  readonly withSafety: boolean
}

const performOptions = [...buildOptions, ...runOptions]

/**
 * Run a worker's body once and tell how that ended. Touches no database: the job is made here, with an
 * id by chance and as the first attempt, and its end is stored nowhere. What the body enqueues goes
 * where the testing mode says.
 *
 * Arguments go through JSON and the schema; signal, timeout, `updateMeta` and `complete` do what they do
 * in a queue. What the body logs is in `logs`, and written nowhere.
 *
 * @example
 * ```ts
 * const { state, recorded } = await performJob(Resize, { path: 'a.png' }, { attempt: 2 })
 * ```
 *
 * A job that there is, stored or of `buildJob`, is run as it is: `performJob(job)`. Its row stays what it is.
 * With `withSafety: true` a body that fails is answered as `retryable` or `discarded`, and not thrown.
 *
 * @throws {InvalidArgsError} when the arguments do not match the worker's schema
 * @throws {InvalidJobError | InvalidIdError} when an option has a value that no job can have
 * @throws {ConfigError} when an option does not exist, or cannot be used
 * @throws {TestingError} when the worker is none, or returns what a queue would lose
 * @throws {JobTimeoutError} when the body takes too long
 * @throws {unknown} what the body throws
 * @see https://hexdocs.pm/oban/Oban.Testing.html#perform_job/3
 */
export async function performJob<W extends AnyWorker>(
  worker: W,
  ...params: NewParams<InputOf<W>, PerformOptions & Throwing>
): Promise<PerformedJob<W>>
export async function performJob<W extends AnyWorker>(
  worker: W,
  ...params: NewParams<InputOf<W>, PerformOptions & Safe>
): Promise<FailedJob<W> | PerformedJob<W>>
export async function performJob<Args, RecordedValue>(
  job: Job<Args, RecordedValue>,
  options?: RunOptions & Throwing,
): Promise<PerformedJob<WorkerOf<Args, RecordedValue>>>
export async function performJob<Args, RecordedValue>(
  job: Job<Args, RecordedValue>,
  options: RunOptions & Safe,
): Promise<FailedJob<WorkerOf<Args, RecordedValue>> | PerformedJob<WorkerOf<Args, RecordedValue>>>
export async function performJob(
  first: AnyWorker | Job<unknown>,
  second?: unknown,
  third: PerformOptions = {},
): Promise<FailedJob | PerformedJob> {
  if (isJob(first)) {
    const options: RunOptions = second ?? {}
    checkTestOptions('performJob(job)', options, runOptions)

    return runBody(jobAsIs(first), options)
  }
  checkTestOptions('performJob()', third, performOptions)
  const { context, signal, timeout, oban, withSafety, ...build } = third

  return runBody(jobOf(first, second, build), { context, signal, timeout, oban, withSafety })
}
