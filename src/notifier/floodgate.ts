/**
 * Lets a bounded number of commands through each second. Of what comes beyond that the last of each
 * subject is kept and follows when there is room: a flood costs a node little, other signals get their
 * turn, and what the flood ends with holds.
 */
import type { Clock } from '../clock.ts'

/** Commands in a second; whoever sets up 200 queues at once is no flood. */
const MOST_IN_WINDOW = 500
const WINDOW_MS = 1_000

/** Subjects that may wait; beyond them what was said first is dropped. */
const MOST_KEPT = 1_000

export class Floodgate {
  readonly #clock: Pick<Clock, 'after' | 'monotonicMs'>
  readonly #kept = new Map<string, () => void>()
  #window = { startedAtMs: Number.NEGATIVE_INFINITY, passed: 0 }
  #cancel: (() => void) | undefined

  constructor(clock: Pick<Clock, 'after' | 'monotonicMs'>) {
    this.#clock = clock
  }

  /**
   * Do it now, or later instead of what is kept of this subject.
   *
   * @returns false when something else was dropped for it, as too much waits
   */
  pass(subject: string, act: () => void): boolean {
    if (this.#kept.size === 0 && this.#hasRoom()) {
      this.#window.passed += 1
      act()

      return true
    }
    // At the end again: what is said of all queues must not overtake what was said of one before it.
    this.#kept.delete(subject)
    this.#kept.set(subject, act)
    this.#cancel ??= this.#clock.after(WINDOW_MS, () => {
      this.#release()
    })
    if (this.#kept.size <= MOST_KEPT) return true
    const [first] = this.#kept.keys()
    if (first !== undefined) this.#kept.delete(first)

    return false
  }

  /** Nothing that is kept happens any more. */
  close(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#kept.clear()
  }

  #hasRoom(): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#window.startedAtMs >= WINDOW_MS) {
      this.#window = { startedAtMs: nowMs, passed: 0 }
    }

    return this.#window.passed < MOST_IN_WINDOW
  }

  #release(): void {
    this.#cancel = undefined
    for (const [subject, act] of this.#kept) {
      if (!this.#hasRoom()) break
      this.#kept.delete(subject)
      this.#window.passed += 1
      act()
    }
    if (this.#kept.size === 0) return
    this.#cancel = this.#clock.after(WINDOW_MS, () => {
      this.#release()
    })
  }
}
