/** A job that was given to run, and has not ended. */
import { JobAbortedError, type AbortCode } from '../job-errors.ts'
import type { Attempt } from '../instruments.ts'
import { runAs } from './current.ts'
import type { JobMessage } from './protocol.ts'

export class Task {
  readonly message: JobMessage
  /**
   * `held`: it waits for its turn, or for the lease. `checking`: its schema looks at the arguments.
   * `running`: its body has begun.
   */
  phase: 'checking' | 'held' | 'running' = 'held'
  startedAtMs: number | undefined = undefined
  timeoutMs: number | undefined = undefined
  /** How somebody follows it, from its start on. */
  attempt: Attempt | undefined = undefined
  /** What it failed with. */
  error: unknown = undefined
  #abortCode: AbortCode | undefined = undefined
  #controller: AbortController | undefined = undefined

  constructor(message: JobMessage) {
    this.message = message
  }

  /** Why it was asked to end; undefined when nobody has. */
  get abortCode(): AbortCode | undefined {
    return this.#abortCode
  }

  /** Made when the body first looks at it: most never do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#abortCode) this.#controller.abort(new JobAbortedError(this.#abortCode))
    }

    return this.#controller.signal
  }

  abort(code: AbortCode): void {
    this.#abortCode = code
    const controller = this.#controller
    if (controller === undefined) return
    // What listens is the body's, and its doing.
    runAs(this.message, () => {
      controller.abort(new JobAbortedError(code))
    })
  }
}
