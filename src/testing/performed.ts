/** What `performJob` answers. */
import type { LogLevel } from '../worker/execution.ts'
import type { AnyWorker } from '../worker/definition.ts'
import type { JobOf, RecordedOf } from '../worker/inference.ts'

/** What is known of a worker by a job of it. */
export interface WorkerOf<Args, RecordedValue> extends AnyWorker {
  readonly '~types'?: {
    readonly input: Args
    readonly output: unknown
    readonly recorded: RecordedValue
  }
}

/** A line that the body wrote with its `log`. */
export interface LoggedLine {
  readonly level: LogLevel
  readonly message: string
  /** What it gave, with the job's `id`, `queue` and `worker`. */
  readonly fields: Readonly<Record<string, unknown>>
}

interface Ran<W extends AnyWorker> {
  /** The job as it would be stored now. */
  readonly job: JobOf<W>
  readonly logs: readonly LoggedLine[]
}

/** The body has returned nothing, or what it wants to keep. */
export interface CompletedJob<W extends AnyWorker = AnyWorker> extends Ran<W> {
  readonly state: 'completed'
  /** As `job.recorded` reads it later; undefined without `record()`. */
  readonly recorded: RecordedOf<W> | undefined
  readonly reason?: undefined
  readonly delaySeconds?: undefined
  readonly error?: undefined
}

/** The body has answered `cancel()`, or ended after its signal was aborted. */
export interface CancelledJob<W extends AnyWorker = AnyWorker> extends Ran<W> {
  readonly state: 'cancelled'
  /** What was given to `cancel()`. */
  readonly reason: string | undefined
  readonly recorded?: undefined
  readonly delaySeconds?: undefined
  readonly error?: undefined
}

/** The body has answered `snooze()`: the attempt does not count. */
export interface SnoozedJob<W extends AnyWorker = AnyWorker> extends Ran<W> {
  readonly state: 'snoozed'
  readonly delaySeconds: number
  readonly recorded?: undefined
  readonly reason?: undefined
  readonly error?: undefined
}

/** The body has thrown: `discarded` when that was the last attempt. */
export interface FailedJob<W extends AnyWorker = AnyWorker> extends Ran<W> {
  readonly state: 'discarded' | 'retryable'
  /** As it was thrown; a `JobTimeoutError` when it took too long. */
  readonly error: unknown
  /** Seconds until the next attempt, as the worker's `backoff` has it; undefined when there is none. */
  readonly delaySeconds: number | undefined
  readonly recorded?: undefined
  readonly reason?: undefined
}

export type PerformedJob<W extends AnyWorker = AnyWorker> =
  | CancelledJob<W>
  | CompletedJob<W>
  | SnoozedJob<W>
