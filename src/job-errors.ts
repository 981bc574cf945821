/** What ends a job's attempt; stored as text in the job's `errors`, seen by its signal and logs. */

/** The worker's definition is in none of the modules that this node has loaded. */
export class UnknownWorkerError extends Error {
  override readonly name = 'UnknownWorkerError'
  readonly code = 'OBAN_UNKNOWN_WORKER'
  readonly worker: string

  constructor(worker: string, options?: ErrorOptions) {
    super(`unknown worker "${worker}"; list the module that defines it in \`workers\``, options)
    this.worker = worker
  }
}

/** The job ran longer than its worker's `timeout`. */
export class JobTimeoutError extends Error {
  override readonly name = 'JobTimeoutError'
  readonly code = 'OBAN_TIMEOUT'
  readonly timeoutMs: number

  constructor(timeoutMs: number, options?: ErrorOptions) {
    super(`job timed out after ${timeoutMs} ms`, options)
    this.timeoutMs = timeoutMs
  }
}

/** The thread that ran the job died, by this job's doing as far as can be told. */
export class JobCrashError extends Error {
  override readonly name = 'JobCrashError'
  readonly code = 'OBAN_JOB_CRASH'

  constructor(what: string, options?: ErrorOptions) {
    super(`job crashed its thread: ${what}`, options)
  }
}

/** `around` of `threadOptions.setup` did not call `next` as it must. */
export class AroundError extends Error {
  override readonly name = 'AroundError'
  readonly code = 'OBAN_AROUND'

  constructor(what: string, options?: ErrorOptions) {
    super(`around() ${what}`, options)
  }
}

/** Thrown inside a body whose job is not its own any more: cancelled, rescued, deleted or changed. */
export class JobLostError extends Error {
  override readonly name = 'JobLostError'
  readonly code = 'OBAN_JOB_LOST'
  readonly id: number

  constructor(id: number, options?: ErrorOptions) {
    super(`job ${id} is not this run's any more; roll back what was done for it`, options)
    this.id = id
  }
}

/** A value given to `record()` that cannot be stored. */
export class RecordError extends Error {
  override readonly name = 'RecordError'
  readonly code = 'OBAN_RECORD'
}

/** Why a job's signal is aborted. */
export type AbortCode = 'OBAN_CANCELLED' | 'OBAN_SHUTDOWN' | 'OBAN_TIMEOUT'

const REASONS: Readonly<Record<AbortCode, string>> = {
  OBAN_CANCELLED: 'job was cancelled',
  OBAN_SHUTDOWN: 'the node is shutting down',
  OBAN_TIMEOUT: 'job ran longer than its timeout',
}

/** The reason of a job's signal. */
export class JobAbortedError extends Error {
  override readonly name = 'JobAbortedError'
  readonly code: AbortCode

  constructor(code: AbortCode, options?: ErrorOptions) {
    super(REASONS[code], options)
    this.code = code
  }
}
