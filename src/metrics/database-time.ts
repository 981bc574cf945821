/**
 * The database's clock, without a query for each look. Oban Web compares the time of a message with its
 * own clock and passes over what is two seconds old: clocks of nodes would have to agree, and the
 * database's is the one that all of them see.
 */
const OLDEST_MS = 60_000

export class DatabaseTime {
  #seconds = 0
  #readAtMs = Number.NEGATIVE_INFINITY

  /** @param readAtMs - of our monotonic clock, between the question and the answer */
  note(seconds: number, readAtMs: number): void {
    this.#seconds = seconds
    this.#readAtMs = readAtMs
  }

  /** Whole seconds since 1970; undefined when it is too long ago that somebody looked. */
  at(nowMs: number): number | undefined {
    const passedMs = nowMs - this.#readAtMs

    return passedMs > OLDEST_MS ? undefined : Math.floor(this.#seconds + passedMs / 1_000)
  }
}
