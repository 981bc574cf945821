/**
 * What the supervision library throws, rejects with, or ends a supervisor with.
 *
 * Match on `code`: it is stable across releases, messages are not.
 */

export type SupervisorErrorCode =
  | 'already_present'
  | 'already_started'
  | 'invalid_spec'
  | 'max_children'
  | 'not_found'
  | 'restarting'
  | 'running'
  | 'shutdown'
  | 'start_failed'

/** A control call that was refused, or a specification that cannot be used. */
export class SupervisorError extends Error {
  override readonly name = 'SupervisorError'
  readonly code: SupervisorErrorCode
  /** Id of the child in question; undefined when it concerns the supervisor itself. */
  readonly id: string | undefined
  /** The field at fault of an `invalid_spec`. */
  readonly field: string | undefined

  constructor(
    code: SupervisorErrorCode,
    message: string,
    options: ErrorOptions & { readonly id?: string; readonly field?: string } = {},
  ) {
    super(message, options)
    this.code = code
    this.id = options.id
    this.field = options.field
  }
}

/** A child failed its first start, or was not ready in time. `cause` is what it threw. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly code = 'failed_to_start'
  readonly id: string

  constructor(id: string, why: string, options?: ErrorOptions) {
    super(`child "${id}" ${why}`, options)
    this.id = id
  }
}

/** A supervisor restarted too often and gave up. `cause` is the last crash. */
export class MaxIntensityError extends Error {
  override readonly name = 'MaxIntensityError'
  readonly code = 'max_intensity'
  /** The child whose end was one too many. */
  readonly id: string
  readonly maxRestarts: number
  readonly maxSeconds: number

  constructor(id: string, maxRestarts: number, maxSeconds: number, options?: ErrorOptions) {
    super(
      `child "${id}" ended, and more than ${maxRestarts} restarts within ${maxSeconds} s are not ` +
        `allowed; see cause, or raise maxRestarts`,
      options,
    )
    this.id = id
    this.maxRestarts = maxRestarts
    this.maxSeconds = maxSeconds
  }
}

/** No reply came in time. The message may still be handled later. */
export class CallTimeoutError extends Error {
  override readonly name = 'CallTimeoutError'
  readonly code = 'call_timeout'
  /** Id of the actor that was asked. */
  readonly target: string
  readonly timeoutMs: number

  constructor(target: string, timeoutMs: number, options?: ErrorOptions) {
    super(`actor "${target}" did not reply within ${timeoutMs} ms`, options)
    this.target = target
    this.timeoutMs = timeoutMs
  }
}

/** The actor ended before it replied. `cause` is its error, if it crashed. */
export class CallDownError extends Error {
  override readonly name = 'CallDownError'
  readonly code = 'call_down'
  /** Id of the actor that was asked. */
  readonly target: string

  constructor(target: string, options?: ErrorOptions) {
    super(`actor "${target}" ended before it replied`, options)
    this.target = target
  }
}
