/** What queues have got done, and what has waited in them, over the last looks. */
import type { NodePortrait } from '../../notifier/portrait.ts'
import type { QueueLook } from '../fleet/gather.ts'

/** Attempts that end, for each second. */
export interface Rate {
  readonly completed: number
  readonly failed: number
}

export interface Track {
  /** Undefined while it is not known: at the first look, and where no node tells. */
  readonly rates: readonly (Rate | undefined)[]
  /** Available jobs. */
  readonly depths: readonly number[]
}

/** Looks that are kept: as many as a wide terminal shows. */
const KEPT = 240

interface Counted extends Rate {
  readonly at: Date
}

interface MutableTrack extends Track {
  readonly rates: (Rate | undefined)[]
  readonly depths: number[]
}

const NO_TRACK: Track = { rates: [], depths: [] }

export class History {
  readonly #tracks = new Map<string, MutableTrack>()
  /** What a producer had counted at its last portrait, by its uuid: it begins anew with each. */
  #counted: ReadonlyMap<string, Counted> = new Map()

  /** Take a look in. */
  add(queues: readonly QueueLook[], portraits: readonly NodePortrait[]): void {
    const counted = new Map<string, Counted>()
    const rates = new Map<string, Rate>()
    for (const { at, queues: own } of portraits) {
      for (const { queue, uuid, ended } of own) {
        if (ended === undefined) continue
        counted.set(uuid, { ...ended, at })
        const rate = rateBetween(this.#counted.get(uuid), { ...ended, at })
        if (rate === undefined) continue
        const before = rates.get(queue) ?? { completed: 0, failed: 0 }
        rates.set(queue, {
          completed: before.completed + rate.completed,
          failed: before.failed + rate.failed,
        })
      }
    }
    this.#counted = counted
    for (const { queue, depths } of queues) {
      const track = this.#tracks.get(queue) ?? { rates: [], depths: [] }
      track.rates.push(rates.get(queue))
      track.depths.push(depths.available.jobs)
      if (track.rates.length > KEPT) track.rates.shift()
      if (track.depths.length > KEPT) track.depths.shift()
      this.#tracks.set(queue, track)
    }
    const names = new Set(queues.map(({ queue }) => queue))
    for (const queue of this.#tracks.keys()) if (!names.has(queue)) this.#tracks.delete(queue)
  }

  of(queue: string): Track {
    return this.#tracks.get(queue) ?? NO_TRACK
  }

  /** All queues together. */
  all(): Track {
    const tracks = [...this.#tracks.values()]
    const length = Math.max(0, ...tracks.map(({ depths }) => depths.length))
    /** The newest is at 1. */
    const steps = Array.from({ length }, (_, index) => length - index)

    return {
      rates: steps.map((back) => sum(tracks.map(({ rates }) => rates.at(-back)))),
      depths: steps.map((back) =>
        tracks.reduce((total, { depths }) => total + (depths.at(-back) ?? 0), 0),
      ),
    }
  }
}

/** By the clock of the node. Undefined for the first portrait, and for one that was seen before. */
function rateBetween(before: Counted | undefined, now: Counted): Rate | undefined {
  if (before === undefined) return undefined
  const seconds = (now.at.getTime() - before.at.getTime()) / 1_000
  if (seconds <= 0) return undefined

  return {
    completed: Math.max(0, now.completed - before.completed) / seconds,
    failed: Math.max(0, now.failed - before.failed) / seconds,
  }
}

function sum(rates: readonly (Rate | undefined)[]): Rate | undefined {
  const known = rates.filter((rate) => rate !== undefined)
  if (known.length === 0) return undefined

  return {
    completed: known.reduce((total, { completed }) => total + completed, 0),
    failed: known.reduce((total, { failed }) => total + failed, 0),
  }
}
