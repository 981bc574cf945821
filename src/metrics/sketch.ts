/**
 * Many durations in few numbers: a histogram whose bins grow by a constant factor, so that every
 * quantile is within two percent. Sketches of several nodes add up bin by bin.
 *
 * Oban Web has the factor and the unit built in: other numbers would be read as other durations.
 */
const GAMMA = 1.02 / 0.98

const BINS_PER_E = 1 / Math.log(GAMMA)

/** As Oban Web reads it: the keys are the numbers of the bins. */
export interface SketchValue {
  readonly data: Readonly<Record<string, number>>
  readonly size: number
}

export class Sketch {
  readonly #bins = new Map<number, number>()
  #size = 0

  /** @param nanoseconds - less than one counts as one: the logarithm has no bin for zero */
  add(nanoseconds: number): void {
    const bin = Math.ceil(Math.log(Math.max(1, nanoseconds)) * BINS_PER_E)
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1)
    this.#size += 1
  }

  get size(): number {
    return this.#size
  }

  value(): SketchValue {
    return { data: Object.fromEntries(this.#bins), size: this.#size }
  }
}
