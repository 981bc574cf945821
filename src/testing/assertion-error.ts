/** What a failed assertion throws. */

export interface Compared {
  /** What was asked for, and the same members of the job that came closest: for the diff of a test runner. */
  readonly expected?: unknown
  readonly actual?: unknown
}

/**
 * Thrown when jobs are not as a test says that they are. The message shows what was found instead.
 *
 * Unlike other errors it shows arguments of jobs: it is for tests.
 */
export class JobAssertionError extends Error {
  override readonly name = 'JobAssertionError'
  readonly code = 'OBAN_ASSERTION'
  /** Absent when there is nothing to compare. */
  declare readonly expected?: unknown
  declare readonly actual?: unknown

  constructor(message: string, { expected, actual }: Compared = {}, options?: ErrorOptions) {
    super(message, options)
    if (actual !== undefined) Object.assign(this, { expected, actual })
  }
}

/** Where a test has called, kept from before the first `await`: what is thrown after it tells another place. */
export class Caller {
  readonly #frames: string

  /** @param callee - the function that the test has called; its own frames are left out */
  constructor(callee: (...args: never) => unknown) {
    const place: { stack?: string } = {}
    Error.captureStackTrace(place, callee)
    this.#frames = place.stack?.split('\n').slice(1).join('\n') ?? ''
  }

  /** The error, as if it had been thrown where the test has called. */
  blame(error: JobAssertionError): JobAssertionError {
    error.stack = `${error.name}: ${error.message}\n${this.#frames}`

    return error
  }
}
