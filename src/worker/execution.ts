/** What a worker's `process` is given, and what it may answer. */
import { StoredJob, type Job, type JobRow } from '../job.ts'
import type { JsonObject } from '../job/json.ts'
import type { QueryClient } from '../job/query-client.ts'
import type { JobContext } from './register.ts'
import type { Cancel, Recorded, Snooze } from './results.ts'

/** A job inside `process`: its `args` have passed the worker's schema. */
export interface RunningJob<Args = JsonObject> extends Job<Args> {
  /** Whether the job was cancelled while it ran: a shorthand for a look at the signal's reason. */
  readonly cancelled: boolean

  /**
   * Merge members into the meta of this job, as progress that others can read. Resolves when they are
   * stored; calls meanwhile, of all jobs of the node, share one statement. What is on its way when the
   * body ends is stored before the job is settled. `meta` of this object stays as it was claimed.
   *
   * @example
   * ```ts
   * await job.updateMeta({ progress: 40 })
   * ```
   *
   * @param patch - up to 64 KiB as JSON; replaces members of the same name as a whole
   * @returns whether it was stored: false when the job was cancelled, or is not this run's any more
   * @throws {InvalidJobError} when it is not a JSON object, or too large
   * @throws {JobLockedError} when another transaction holds the row, or your own after `complete()`
   */
  updateMeta(patch: JsonObject): Promise<boolean>

  /**
   * Complete this job in a transaction of its own, together with what it has done there: either both are
   * stored, or neither. Once that has committed the job is completed, whatever the body does then; after
   * a rollback it goes on as if nothing had been said.
   *
   * A value that is recorded is stored with it. Return soon after the commit: the job keeps its slot.
   *
   * @example
   * ```ts
   * await client.query('BEGIN')
   * await client.query('UPDATE accounts SET balance = balance - 5 WHERE id = $1', [job.args.account])
   * await job.complete({ client })
   * await client.query('COMMIT')
   * ```
   *
   * @throws {JobLostError} when the job was cancelled, or is not this run's any more: roll back
   * @throws {RecordError} when the value cannot be stored
   * @throws {ConfigError} when `client` is none, or there are other options
   */
  complete(options: CompleteOptions): Promise<void>
}

export interface CompleteOptions {
  /** A connection inside of an open transaction. */
  readonly client: QueryClient
  /** As `record(…)` would store it. Default: nothing */
  readonly recorded?: unknown
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

/** What a body can ask about and do to its own run. */
export interface RunMeans {
  readonly wasCancelled: () => boolean
  readonly updateMeta: (patch: JsonObject) => Promise<boolean>
  readonly complete: (options: CompleteOptions) => Promise<void>
}

/** The job that `process` gets: the stored one with parsed args, tied to this run. */
export class ExecutingJob extends StoredJob implements RunningJob<unknown> {
  readonly #means: RunMeans
  /** Updates that are not known to be stored; made with the first, as most bodies make none. */
  #pending: Set<Promise<unknown>> | undefined

  constructor(row: JobRow, args: unknown, means: RunMeans) {
    super(row, args)
    this.#means = means
  }

  get cancelled(): boolean {
    return this.#means.wasCancelled()
  }

  updateMeta(patch: JsonObject): Promise<boolean> {
    const stored = this.#means.updateMeta(patch)
    // A body that does not wait for it must not cause an unhandled rejection.
    const ended = Promise.allSettled([stored])
    this.#pending ??= new Set()
    this.#pending.add(ended)
    void this.#forget(ended)

    return stored
  }

  complete(options: CompleteOptions): Promise<void> {
    return this.#means.complete(options)
  }

  /** Whether something is on its way to the database. */
  get isStoring(): boolean {
    return this.#pending !== undefined && this.#pending.size > 0
  }

  /** Resolves when nothing is on its way to the database. */
  async rest(): Promise<void> {
    while (this.#pending && this.#pending.size > 0) await Promise.all(this.#pending)
  }

  async #forget(ended: Promise<unknown>): Promise<void> {
    await ended
    this.#pending?.delete(ended)
  }
}
