/**
 * How often a supervisor may restart: more than `maxRestarts` within a sliding window of
 * `maxSeconds` means that restarting does not help.
 */
export class Intensity {
  readonly #maxRestarts: number
  readonly #windowMs: number
  readonly #now: () => number
  #restarts: number[] = []

  constructor(maxRestarts: number, maxSeconds: number, now: () => number) {
    this.#maxRestarts = maxRestarts
    this.#windowMs = maxSeconds * 1000
    this.#now = now
  }

  /** Count one restart. Tells whether it is still within the budget. */
  allows(): boolean {
    const now = this.#now()
    this.#restarts.push(now)
    // A restart exactly as old as the window still counts, as in OTP.
    const expired = this.#restarts.findIndex((at) => now - at <= this.#windowMs)
    this.#restarts.splice(0, expired)

    return this.#restarts.length <= this.#maxRestarts
  }
}
