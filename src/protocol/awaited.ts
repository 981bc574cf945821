/** Which jobs somebody waits for, and where they listen. Bounded, and forgotten unless said again. */
export class Awaited {
  /** By id, those who wait with the moment at which they are forgotten; the oldest id first. */
  readonly #askers = new Map<number, Map<string, number>>()

  get size(): number {
    return this.#askers.size
  }

  /** Somebody waits for these jobs. */
  note(asker: string, ids: readonly number[], nowMs: number): void {
    this.#forget(nowMs)
    for (const id of ids) {
      const askers = this.#askers.get(id) ?? new Map<string, number>()
      // At the end again, as it is the last to expire.
      this.#askers.delete(id)
      this.#askers.set(id, askers)
      if (askers.size < MOST_ASKERS || askers.has(asker)) askers.set(asker, nowMs + KEPT_MS)
    }
    for (const id of this.#askers.keys()) {
      if (this.#askers.size <= MOST_IDS) break
      this.#askers.delete(id)
    }
  }

  /** These jobs have ended: whom to tell of which. */
  take(ids: readonly number[]): ReadonlyMap<string, readonly number[]> {
    const told = new Map<string, number[]>()
    for (const id of ids) {
      for (const asker of this.#askers.get(id)?.keys() ?? []) {
        const own = told.get(asker)
        if (own) own.push(id)
        else told.set(asker, [id])
      }
      this.#askers.delete(id)
    }

    return told
  }

  #forget(nowMs: number): void {
    for (const [id, askers] of this.#askers) {
      for (const [asker, untilMs] of askers) if (untilMs <= nowMs) askers.delete(asker)
      if (askers.size > 0) break
      this.#askers.delete(id)
    }
  }
}

/** Whoever still waits says so again within half of it. */
const KEPT_MS = 60_000

/** More are found by those who wait, each second. */
const MOST_IDS = 20_000
const MOST_ASKERS = 8
