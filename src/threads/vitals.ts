/**
 * What a thread shows of itself while it has jobs: how much memory it holds and, once several jobs
 * share it, which of them is at work. A job that blocks the thread or fills its memory leaves no time
 * for a message.
 */
import { getHeapStatistics } from 'node:v8'
import { systemClock, type Clock } from '../clock.ts'
import type { Cells } from './cells.ts'
import { traceTurns } from './current.ts'

/** Time between looks at the memory, in milliseconds. */
export const SAMPLE_MS = 250

export class Vitals {
  readonly #cells: Cells
  readonly #load: () => number
  readonly #clock: Clock
  #isSampling = false
  #isTracing = false

  /** @param load - how many jobs the thread has now */
  constructor(cells: Cells, load: () => number, clock = systemClock) {
    this.#cells = cells
    this.#load = load
    this.#clock = clock
    // What the thread holds before it has run anything.
    this.#sample()
  }

  /** Jobs are about to be run beside those that run already. */
  expect(count: number): void {
    if (!this.#isSampling) this.#sample(count)
    if (this.#isTracing || this.#load() + count < 2) return
    this.#isTracing = true
    traceTurns((token) => {
      this.#cells.enter(token)
    })
  }

  #sample(expected = 0): void {
    const { used_heap_size: heap, external_memory: external } = getHeapStatistics()
    // V8 counts no shared buffers, and Node.js nothing but buffers.
    const { arrayBuffers } = process.memoryUsage()
    this.#cells.show(heap, Math.max(external, arrayBuffers), this.#clock.monotonicMs())
    this.#isSampling = this.#load() + expected > 0
    if (!this.#isSampling) return
    this.#clock.after(SAMPLE_MS, () => {
      this.#sample()
    })
  }
}
