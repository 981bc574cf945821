/**
 * Many deadlines on one timer. A queue has one for each job that has a timeout: as timers of their own
 * they would cost more than most jobs, which end long before.
 */
import { LONGEST_DELAY_MS, type Clock } from './clock.ts'

interface Alarm {
  readonly atMs: number
  readonly ring: () => void
}

export class Alarms {
  readonly #clock: Clock
  /** What each alarm is about, at most one for each. */
  readonly #alarms = new Map<object, Alarm>()
  #callOff: (() => void) | undefined
  /** When the timer goes off. It stays when its alarm is cleared: the next look finds nothing due. */
  #wakesAtMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(subject: object): boolean {
    return this.#alarms.has(subject)
  }

  /** Ring once after a delay, in place of what was set for the same subject. */
  set(subject: object, delayMs: number, ring: () => void): void {
    const atMs = this.#clock.monotonicMs() + delayMs
    this.#alarms.set(subject, { atMs, ring })
    if (atMs < this.#wakesAtMs) this.#wakeAt(atMs)
  }

  clear(subject: object): void {
    this.#alarms.delete(subject)
  }

  /** Let go of the timer, if there is nothing to wait for. */
  rest(): void {
    if (this.#alarms.size > 0) return
    this.#callOff?.()
    this.#callOff = undefined
    this.#wakesAtMs = Number.POSITIVE_INFINITY
  }

  #wakeAt(atMs: number): void {
    this.#callOff?.()
    this.#wakesAtMs = atMs
    const delayMs = Math.min(Math.max(0, atMs - this.#clock.monotonicMs()), LONGEST_DELAY_MS)
    this.#callOff = this.#clock.after(delayMs, () => {
      this.#ring()
    })
  }

  #ring(): void {
    this.#callOff = undefined
    this.#wakesAtMs = Number.POSITIVE_INFINITY
    const nowMs = this.#clock.monotonicMs()
    for (const [subject, { atMs, ring }] of Array.from(this.#alarms)) {
      // One that rang before may have cleared this one, or set it anew.
      if (atMs > nowMs || this.#alarms.get(subject)?.atMs !== atMs) continue
      this.#alarms.delete(subject)
      ring()
    }
    let nextMs = this.#wakesAtMs
    for (const { atMs } of this.#alarms.values()) nextMs = Math.min(nextMs, atMs)
    if (nextMs < this.#wakesAtMs) this.#wakeAt(nextMs)
  }
}
