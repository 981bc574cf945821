/**
 * Hands runs to the executors of one queue: the least loaded thread, or the main thread of an inline
 * queue.
 */
import type { AbortCode } from '../job-errors.ts'
import type { Settled } from '../protocol/outcome.ts'
import type { Run } from '../protocol/tenure.ts'
import { isSuspect, spare } from './blame.ts'

export interface Pool {
  /** Start runs as soon as there is a place for them. */
  run(runs: readonly Run[]): void
  /** Abort the signal of a run. */
  abort(run: Run, code: AbortCode): void
  /** The lease was renewed: runs that waited for it may start. */
  renewed(): void
}

/** A place that runs jobs: one thread, replaced when it dies. */
export interface Slot {
  readonly load: number
  post(runs: readonly Run[]): void
  abort(run: Run, code: AbortCode): void
  renewed(): void
}

export class ThreadPool implements Pool {
  readonly #onSettled: (items: readonly Settled[]) => void
  readonly #slots = new Set<Slot>()
  /** Slots that take no more: a suspect runs alone on them, or waits for them to be empty. */
  readonly #reserved = new Set<Slot>()
  #waiting: Run[] = []

  constructor(onSettled: (items: readonly Settled[]) => void) {
    this.#onSettled = onSettled
  }

  run(runs: readonly Run[]): void {
    this.#waiting.push(...runs)
    this.#dispatch()
  }

  abort(run: Run, code: AbortCode): void {
    if (this.#waiting.includes(run)) {
      this.#waiting = this.#waiting.filter((waiting) => waiting !== run)
      this.#onSettled(spare([run]))
    }
    for (const slot of this.#slots) slot.abort(run, code)
  }

  renewed(): void {
    for (const slot of this.#slots) slot.renewed()
  }

  /** A thread is there to be used. */
  attach(slot: Slot): void {
    this.#slots.add(slot)
    this.#dispatch()
  }

  /** A thread goes for good and takes no more. The last one leaves nobody to run what waits. */
  detach(slot: Slot): void {
    this.#slots.delete(slot)
    this.#reserved.delete(slot)
    if (this.#slots.size > 0) {
      this.#dispatch()

      return
    }
    const waiting = this.#waiting
    this.#waiting = []
    this.#onSettled(spare(waiting))
  }

  /** Runs ended on a slot: report them, and use the room. */
  settled(slot: Slot, items: readonly Settled[]): void {
    if (slot.load === 0) this.#reserved.delete(slot)
    this.#onSettled(items)
    if (this.#waiting.length > 0) this.#dispatch()
  }

  #dispatch(): void {
    const shares = new Map<Slot, Run[]>()
    const loadOf = (slot: Slot): number => slot.load + (shares.get(slot)?.length ?? 0)
    this.#waiting = this.#waiting.filter((run) => {
      const alone = isSuspect(run)
      const slot = this.#choose(loadOf, alone)
      if (slot === undefined) {
        // Without a slot that is kept for it a suspect could wait for ever on a busy queue.
        if (alone) this.#reserve(loadOf)

        return true
      }
      if (alone) this.#reserved.add(slot)
      const share = shares.get(slot)
      if (share === undefined) shares.set(slot, [run])
      else share.push(run)

      return false
    })
    for (const [slot, share] of shares) slot.post(share)
  }

  /** The least loaded slot that takes more; for a suspect one that is empty. */
  #choose(loadOf: (slot: Slot) => number, alone = false): Slot | undefined {
    let best: Slot | undefined
    for (const slot of this.#slots) {
      if (this.#reserved.has(slot) || (alone && loadOf(slot) > 0)) continue
      if (best === undefined || loadOf(slot) < loadOf(best)) best = slot
    }

    return best
  }

  /** Have a slot run empty; one at a time, whoever waits. */
  #reserve(loadOf: (slot: Slot) => number): void {
    if (this.#reserved.size > 0) return
    const slot = this.#choose(loadOf)
    if (slot) this.#reserved.add(slot)
  }
}
