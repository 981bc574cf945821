/**
 * Acknowledgements that the database has not taken yet. They outlive the acker: a job that ended must
 * not run again because an actor crashed.
 */
import { monotonicMs } from '../clock.ts'
import { patience } from '../patience.ts'
import { TokenTable } from '../token-table.ts'
import {
  acknowledge,
  heedCancellation,
  type Ack,
  type AckOptions,
  type Settled,
} from './outcome.ts'

/** An acknowledgement on its way. */
export interface Parcel {
  readonly settled: Settled
  readonly ack: Ack
  /** How often the database has refused it by itself. Such a one travels alone. */
  readonly refusals: number
  /** Monotonic milliseconds before which it is not tried again. */
  readonly notBeforeMs: number
}

/** Classes of SQLSTATE that blame the moment (deadlocks, locks, cancelled statements), not the data. */
const PASSING = /^(?:40|55|57)/

/**
 * How long a refused acknowledgement waits for its next try. Nobody tells when the database takes it, and
 * where too many are refused the queue waits for them.
 */
const PATIENCE = { firstMs: 500, longestMs: 8_000 }

export class Outbox {
  readonly #options: AckOptions
  readonly #waiting = new TokenTable<Parcel>()
  readonly #refused = new Set<Parcel>()
  /** Those that were refused, and whose time has come. */
  readonly #again = new TokenTable<Parcel>()

  constructor(options: AckOptions) {
    this.#options = options
  }

  /** Acknowledgements in memory, refused ones included. */
  get size(): number {
    return this.#waiting.size + this.#again.size + this.#refused.size
  }

  get hasWaiting(): boolean {
    return this.#waiting.size + this.#again.size > 0
  }

  get hasRefused(): boolean {
    return this.#refused.size > 0
  }

  /** Take in what ended. Runs that had been settled or dropped before are left out. */
  add(items: readonly Settled[]): void {
    for (const item of items) {
      if (!item.run.tenure.settle(item.run)) continue
      const settled = heedCancellation(item)
      const ack = acknowledge(settled, this.#options)
      const { ended } = item.run.tenure
      if (ack.state === 'completed') ended.completed += 1
      else if (settled.outcome.kind === 'failed') ended.failed += 1
      this.#waiting.set(item.run.token, { settled, ack, refusals: 0, notBeforeMs: 0 })
    }
  }

  /** What can be tried now, the oldest claims first; it stays here until it is removed. */
  peek(count: number, nowMs = monotonicMs()): readonly Parcel[] {
    for (const parcel of this.#refused) {
      if (parcel.notBeforeMs > nowMs) continue
      this.#refused.delete(parcel)
      this.#again.set(parcel.settled.run.token, parcel)
    }

    const fresh = this.#waiting.unordered().toSorted(byAge)

    // Those that were refused travel alone, and each may wait for a lock: behind all others.
    return [...fresh, ...this.#again.values()].slice(0, count)
  }

  /** Forget one that landed or that the fence dropped; false when it was gone already. */
  remove(parcel: Parcel): boolean {
    const { run } = parcel.settled
    run.tenure.release(run)

    return this.#takeOut(parcel)
  }

  /** Set one aside that the database refuses whatever travels with it. */
  refuse(parcel: Parcel, sqlState: string, nowMs = monotonicMs()): void {
    if (!this.#takeOut(parcel)) return
    const refusals = parcel.refusals + 1
    this.#refused.add({
      ...parcel,
      ack: PASSING.test(sqlState) ? parcel.ack : withPlainText(parcel.ack, sqlState),
      refusals,
      notBeforeMs: nowMs + patience(refusals, PATIENCE),
    })
  }

  #takeOut({ settled: { run } }: Parcel): boolean {
    return this.#waiting.delete(run.token) || this.#again.delete(run.token)
  }
}

function byAge({ settled: one }: Parcel, { settled: other }: Parcel): number {
  return one.run.token - other.run.token
}

/** The error's text may be what the database refuses. */
function withPlainText(ack: Ack, sqlState: string): Ack {
  if (ack.error === null) return ack
  const error = `the job's error could not be stored (SQLSTATE ${sqlState})`

  return { ...ack, error: { ...ack.error, error } }
}
