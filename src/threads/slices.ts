/**
 * Starts what came together one after the other, and lets the loop of the thread turn in between when
 * that takes long: results go out, aborts come in, and no clock runs for those that wait for their turn.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { preciseMs } from '../clock.ts'

/** How long the loop may be kept from turning by more than one of them, in milliseconds. */
const SLICE_MS = 1

/** As it is before any body runs, which may replace it. */
const { queueMicrotask } = globalThis

export class Slices<Item extends object> {
  /** It never throws: those behind it would wait for ever. */
  readonly #start: (item: Item) => void
  /** The next one stands last: taking it off costs nothing. */
  #waiting: Item[] = []
  #phase: 'resting' | 'starting' = 'resting'

  constructor(start: (item: Item) => void) {
    this.#start = start
  }

  /** Start them once those before them have started; none before the caller has returned. */
  add(items: readonly Item[]): void {
    this.#waiting = [...items.toReversed(), ...this.#waiting]
    if (this.#phase === 'starting') return
    this.#phase = 'starting'
    queueMicrotask(() => {
      void this.#run()
    })
  }

  /** Start it no more; nothing when it has started. */
  remove(item: Item): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== item)
  }

  async #run(): Promise<void> {
    let endsAtMs = preciseMs() + SLICE_MS
    for (let next = this.#waiting.pop(); next; next = this.#waiting.pop()) {
      this.#start(next)
      if (this.#waiting.length === 0 || preciseMs() <= endsAtMs) continue
      await nextTurn()
      endsAtMs = preciseMs() + SLICE_MS
    }
    this.#phase = 'resting'
  }
}
