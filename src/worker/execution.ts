/** What a worker's `process` is given, and what it may answer. */
import { StoredJob, type Job, type JobRow } from '../job.ts'
import type { JsonObject } from '../job/json.ts'
import type { JobContext } from './register.ts'
import type { Cancel, Recorded, Snooze } from './results.ts'

/** A job inside `process`: its `args` have passed the worker's schema. */
export interface RunningJob<Args = JsonObject> extends Job<Args> {
  /** Whether the job was cancelled while it ran: a shorthand for a look at the signal's reason. */
  readonly cancelled: boolean
}

/** Writes with the job's id, queue and worker attached. */
export interface JobLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

export type LogLevel = keyof JobLog

export interface JobTools<Self> {
  /**
   * Aborted when the job must end; `reason.code` is `OBAN_CANCELLED`, `OBAN_TIMEOUT` or
   * `OBAN_SHUTDOWN`. Work that ignores it for a second is ended with its thread; on the main thread
   * nothing can end it, and it keeps its place in the queue.
   */
  readonly signal: AbortSignal
  readonly log: JobLog
  /** The worker itself, to enqueue its next job without types that refer to themselves. */
  readonly self: Self
  /** What `setup()` of `threadOptions.setup` gave for this thread; undefined without it. */
  readonly context: JobContext
}

/**
 * Wraps each body: `around` of the module that `threadOptions.setup` names.
 *
 * An answer that it gives (`cancel`, `snooze`, `record`) is the job's; when it gives none, what `next`
 * resolved to is. A body that failed has failed, unless `around` answers in its place.
 *
 * @param next - runs the body; may be called once, while `around` has not ended, and throws otherwise
 */
export type Around = (
  job: RunningJob<unknown>,
  next: () => Promise<ProcessResult>,
) => ProcessResult | Promise<ProcessResult>

/** Everything else is a compile error, so that a forgotten `record()` is found before it runs. */
export type ProcessResult = Cancel | Recorded<unknown> | Snooze | undefined | void

/** The job that `process` gets: the stored one with parsed args, tied to the abortion of this run. */
export class ExecutingJob extends StoredJob implements RunningJob<unknown> {
  readonly #wasCancelled: () => boolean

  constructor(row: JobRow, args: unknown, wasCancelled: () => boolean) {
    super(row, args)
    this.#wasCancelled = wasCancelled
  }

  get cancelled(): boolean {
    return this.#wasCancelled()
  }
}
