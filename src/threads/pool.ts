/**
 * Hands runs to the executors of one queue: the least loaded thread, or the main thread of an inline
 * queue.
 */
import type { AbortCode } from '../job-errors.ts'
import type { Settled } from '../protocol/outcome.ts'
import type { Run } from '../protocol/tenure.ts'
import type { ThreadState } from '../queue-state.ts'
import { isSuspect, spare } from './blame.ts'

export interface Pool {
  /** Start runs as soon as there is a place for them. */
  run(runs: readonly Run[]): void
  /** Abort the signal of a run. */
  abort(run: Run, code: AbortCode): void
  /** The lease was renewed: runs that waited for it may start. */
  renewed(): void
  /** The threads as they are now, by number. */
  threads(): readonly ThreadState[]
}

/** A place that runs jobs: one thread, replaced when it dies. */
export interface Slot {
  /** Its number within the pool. */
  readonly thread: number
  readonly load: number
  post(runs: readonly Run[]): void
  abort(run: Run, code: AbortCode): void
  renewed(): void
  /** Give back what waits for its thread to come up. */
  handBack(): void
  look(): ThreadState
}

export class ThreadPool implements Pool {
  readonly #onSettled: (items: readonly Settled[]) => void
  readonly #slots = new Set<Slot>()
  /** Slots that take no more: a suspect runs alone on them, or waits for them to be empty. */
  readonly #reserved = new Set<Slot>()
  /**
   * Numbers of threads that are to go, with whom to tell once nothing runs there, unless that has
   * happened. Numbers, as a slot that crashes meanwhile comes back as another.
   */
  readonly #retiring = new Map<number, (() => void) | undefined>()
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

  threads(): ThreadState[] {
    return [...this.#slots]
      .map((slot): ThreadState => {
        const state = slot.look()

        return this.#retiring.has(slot.thread) ? { ...state, state: 'draining' } : state
      })
      .toSorted((a, b) => a.thread - b.thread)
  }

  /** A thread is there to be used. */
  attach(slot: Slot): void {
    this.#slots.add(slot)
    this.#lookForEnd(slot.thread, slot)
    this.#dispatch()
  }

  /**
   * Give a thread nothing more.
   *
   * @param onEmpty - called once nothing runs there; perhaps at once
   */
  retire(thread: number, onEmpty: () => void): void {
    this.#retiring.set(thread, onEmpty)
    const slot = [...this.#slots].find((each) => each.thread === thread)
    // A suspect that waited for it waits for another.
    if (slot && this.#reserved.delete(slot)) this.#dispatch()
    this.#lookForEnd(thread, slot)
  }

  isRetiring(thread: number): boolean {
    return this.#retiring.has(thread)
  }

  /** Whether it is to go, and something still runs there: it could stay as well. */
  isEmptying(thread: number): boolean {
    return this.#retiring.get(thread) !== undefined
  }

  /** A thread that was to go stays, or has gone, so that another may have its number. */
  keep(thread: number): void {
    if (this.#retiring.delete(thread)) this.#dispatch()
  }

  /** A thread goes for good and takes no more. The last one leaves nobody to run what waits. */
  detach(slot: Slot): void {
    this.#slots.delete(slot)
    this.#reserved.delete(slot)
    if (this.#slots.size > 0) this.#dispatch()
    else this.handBack()
  }

  /** Nobody is going to run what waits for a thread, or for one to come up. */
  handBack(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#onSettled(spare(waiting))
    for (const slot of this.#slots) slot.handBack()
  }

  /** Runs ended on a slot: report them, and use the room. */
  settled(slot: Slot, items: readonly Settled[]): void {
    if (slot.load === 0) this.#reserved.delete(slot)
    this.#onSettled(items)
    this.#lookForEnd(slot.thread, slot)
    if (this.#waiting.length > 0) this.#dispatch()
  }

  /** A slot that is not there just now has nothing to run either. */
  #lookForEnd(thread: number, slot: Slot | undefined): void {
    const onEmpty = this.#retiring.get(thread)
    // Jobs on a tainted thread are none of its load any more, but may finish.
    if (onEmpty === undefined || (slot && slot.look().running.length > 0)) return
    this.#retiring.set(thread, undefined)
    onEmpty()
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
      if (this.#reserved.has(slot) || this.#retiring.has(slot.thread)) continue
      if (alone && loadOf(slot) > 0) continue
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
