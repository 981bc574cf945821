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

  /** Restarts in the window that ends now. */
  get spent(): number {
    const now = this.#now()

    return this.#restarts.filter((at) => this.#counts(at, now)).length
  }

  /** Count one restart. Tells whether it is still within the budget. */
  allows(): boolean {
    const now = this.#now()
    this.#restarts.push(now)
    const expired = this.#restarts.findIndex((at) => this.#counts(at, now))
    this.#restarts.splice(0, expired)

    return this.#restarts.length <= this.#maxRestarts
  }

  /** A restart exactly as old as the window still counts, as in OTP. */
  #counts(at: number, now: number): boolean {
    return now - at <= this.#windowMs
  }
}
