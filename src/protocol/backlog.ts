/**
 * Claims that wait for room, in the order in which they are to run: by priority, time and id, whichever
 * fetch brought them. Those that `RETURNING` gives come in any order.
 */
import type { Place } from './claim-cursor.ts'

interface Claim {
  readonly job: Place
}

export class Backlog<Run extends Claim> {
  /** The next one stands last: taking it off costs nothing. */
  #runs: Run[] = []

  get size(): number {
    return this.#runs.length
  }

  /** In the order in which they are to run. */
  get runs(): readonly Run[] {
    return this.#runs.toReversed()
  }

  add(runs: readonly Run[]): void {
    if (runs.length > 0) this.#runs = [...this.#runs, ...runs].toSorted((a, b) => compare(b, a))
  }

  /** Take off those that are to run first. */
  next(count: number): Run[] {
    return count <= 0 ? [] : this.#runs.splice(-count).toReversed()
  }

  /** Take off those that are to run last. */
  last(count: number): Run[] {
    return count <= 0 ? [] : this.#runs.splice(0, count).toReversed()
  }

  remove(run: Run): void {
    const index = this.#runs.indexOf(run)
    if (index >= 0) this.#runs.splice(index, 1)
  }
}

function compare({ job: a }: Claim, { job: b }: Claim): number {
  return (
    Number(a.priority) - Number(b.priority) ||
    compareText(a.scheduled_at, b.scheduled_at) ||
    Number(a.id) - Number(b.id)
  )
}

function compareText(a: string, b: string): number {
  if (a === b) return 0

  return a < b ? -1 : 1
}
