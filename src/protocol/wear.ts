/**
 * How many jobs were processed since a table was vacuumed, from counters that PostgreSQL keeps anyway: they
 * know what every node has done, in whatever language, and cost nobody a write.
 *
 * Each processed job changes its row twice in a way that leaves an index entry behind: when it is claimed,
 * and when it ends.
 */

/** What PostgreSQL has counted since it counts. */
export interface Counters {
  /** When it was asked, by the monotonic clock. */
  readonly atMs: number
  /** Changes of rows that left index entries behind. */
  readonly updates: number
  /** About so many dead rows wait for a vacuum. */
  readonly dead: number
  /** Vacuums that ended, by whomever. */
  readonly vacuums: number
}

export interface Wear {
  readonly seen: Counters
  /** What `updates` was when the table was vacuumed last, as far as that is known. */
  readonly cleanAt: number
  /** Jobs a millisecond, between the last two looks. */
  readonly pace: number
}

/** Time between looks, in milliseconds. */
export interface LookBounds {
  readonly leastMs: number
  readonly mostMs: number
}

const UPDATES_OF_A_JOB = 2

/** Fold a look into what was seen before. */
export function wear(before: Wear | null, seen: Counters): Wear {
  if (before === null) {
    return { seen, cleanAt: seen.updates - Math.min(seen.dead, seen.updates), pace: 0 }
  }
  // A server that has crashed counts from zero.
  const isSameCount = seen.updates >= before.seen.updates
  const sinceLook = isSameCount ? seen.updates - before.seen.updates : seen.updates
  const pace = sinceLook / UPDATES_OF_A_JOB / Math.max(seen.atMs - before.seen.atMs, 1)
  if (isSameCount && seen.vacuums === before.seen.vacuums) {
    return { seen, cleanAt: before.cleanAt, pace }
  }

  // A vacuum ended between the two looks. Dead rows that it had to leave, as somebody may still see them,
  // must not call for another one at once.
  return { seen, cleanAt: seen.updates - Math.min(seen.dead, sinceLook), pace }
}

export function processedSince({ seen, cleanAt }: Wear): number {
  return Math.floor((seen.updates - cleanAt) / UPDATES_OF_A_JOB)
}

/**
 * How long until so many are processed, in milliseconds: a fast cluster would be far beyond them at the next of
 * looks that are seldom enough for an idle one. Where they are already, something kept the vacuum from it.
 */
export function untilWorn(worn: Wear, every: number, { leastMs, mostMs }: LookBounds): number {
  const left = every - processedSince(worn)
  if (left <= 0 || worn.pace === 0) return mostMs

  return Math.min(Math.max(left / worn.pace, leastMs), mostMs)
}
