/**
 * Where the next claim of a queue begins. The index keeps an entry of every claimed job until a vacuum, and all
 * of them stand in front of what is available: a claim from the front walks over them, 1.3 ms for each 100,000.
 * While there is a backlog, so that one full answer follows the other, a claim goes on behind the last one instead.
 *
 * What is announced may stand before that place, so an announcement has the next claim begin at the front
 * again. So does an answer that falls short, as the queue is known to be empty only from the front, and each
 * second, for what nobody announces: rows that somebody else had locked, or gave back.
 */
import type { JobRow } from '../job.ts'

/** By which a queue is ordered. */
export type Place = Pick<JobRow, 'id' | 'priority' | 'scheduled_at'>

/** Before every job. */
export const FRONT: Place = { priority: '-2147483648', scheduled_at: '-infinity', id: '0' }

/** How long claims go on without a look from the front, in milliseconds. */
const LONGEST_MS = 1_000

/** A claim under way. */
interface Look {
  readonly after: Place
  readonly rewinds: number
}

export class ClaimCursor {
  #after: Place = FRONT
  #rewinds = 0
  /** The last answer did not fall short. */
  #wasFull = false
  #frontAtMs = Number.NEGATIVE_INFINITY

  /** Something may stand before it: begin at the front, whatever a claim under way answers. */
  rewind(): void {
    this.#after = FRONT
    this.#rewinds += 1
  }

  /** A claim is to be sent, at `nowMs` on the monotonic clock. */
  begin(nowMs: number): Look {
    if (nowMs - this.#frontAtMs >= LONGEST_MS) this.#after = FRONT
    if (this.#after === FRONT) this.#frontAtMs = nowMs

    return { after: this.#after, rewinds: this.#rewinds }
  }

  /** It has answered; true when there may be more to claim. */
  advance(look: Look, rows: readonly Place[], demand: number): boolean {
    // They come in no particular order: any of them stands behind most of what was claimed.
    const last = rows.length < demand ? undefined : rows.at(-1)
    if (last === undefined) this.rewind()
    // A single full answer is no backlog: one slot is filled by the only job there is.
    else if (this.#wasFull && look.rewinds === this.#rewinds) this.#after = placeOf(last)
    this.#wasFull = last !== undefined

    return this.#wasFull || look.after !== FRONT
  }
}

/** Alone: the arguments of its job are not kept. */
function placeOf({ id, priority, scheduled_at }: Place): Place {
  return { id, priority, scheduled_at }
}
