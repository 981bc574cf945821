/** What finding, changing and awaiting jobs throws at its callers. */
import type { Problem } from './errors.ts'
import type { JobState } from './job.ts'

/** Thrown when a filter, a cursor or another option of a search cannot be used; nothing has changed. */
export class InvalidFilterError extends Error {
  override readonly name = 'InvalidFilterError'
  readonly code = 'OBAN_INVALID_FILTER'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    const lines = problems.map(({ path, message, suggestion }) => {
      const hint = suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`

      return path === '' ? `${message}${hint}` : `${path}: ${message}${hint}`
    })
    super(`invalid filter: ${lines.join('; ')}`, options)
    this.problems = problems
  }
}

/** Thrown when the row of a job is not there: deleted, or never committed. */
export class JobNotFoundError extends Error {
  override readonly name = 'JobNotFoundError'
  readonly code = 'OBAN_JOB_NOT_FOUND'
  readonly id: number

  constructor(id: number, options?: ErrorOptions) {
    super(`there is no job ${id}; it was deleted, or its transaction has not committed`, options)
    this.id = id
  }
}

/** Thrown when somebody else holds or keeps changing the row of a job that is to be changed. */
export class JobLockedError extends Error {
  override readonly name = 'JobLockedError'
  readonly code = 'OBAN_JOB_LOCKED'
  readonly id: number

  constructor(id: number, options?: ErrorOptions) {
    super(`job ${id} is being changed by another transaction; try again`, options)
    this.id = id
  }
}

/** Thrown when a job is in a state in which what was asked for would mean nothing, or harm its run. */
export class JobStateError extends Error {
  override readonly name = 'JobStateError'
  readonly code = 'OBAN_JOB_STATE'
  readonly id: number
  readonly state: JobState

  constructor(id: number, state: JobState, why: string, options?: ErrorOptions) {
    super(`job ${id} is ${state}: ${why}`, options)
    this.id = id
    this.state = state
  }
}

/**
 * Thrown when a job did not end within the time that somebody waited for it. The job goes on; where there is a
 * `cause`, that is not known, as the database could not be asked.
 */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError'
  readonly code = 'OBAN_WAIT_TIMEOUT'
  readonly id: number
  readonly timeoutMs: number

  constructor(id: number, timeoutMs: number, options?: ErrorOptions) {
    const state =
      options?.cause === undefined
        ? 'it goes on'
        : 'whether it goes on is not known, as the database could not be asked'
    super(`job ${id} did not end within ${timeoutMs} ms; ${state}`, options)
    this.id = id
    this.timeoutMs = timeoutMs
  }
}
