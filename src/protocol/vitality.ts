/**
 * Judges producers by their beats, as one observer sees them on its own monotonic clock. No clock but
 * the observer's counts: neither the database's nor that of the node that is judged.
 */

/** A producer is dead when its beat has stood still for this long. */
const DEAD_AFTER_MS = 15_000

/** Looks further apart than this start the count again: perhaps the database was away, for all. */
const LONGEST_GAP_MS = 4_000

/**
 * Where no beat of anybody has moved for this long, the observer's own included, it is the database that
 * takes none, though it answers looks: the table is locked, the disk is full, the server is read-only.
 * Then the count starts again as well, or the first rescue to get through would come before the beats. An
 * observer without producers cannot tell that from the death of all, which can wait: nobody runs jobs then.
 */
const LONGEST_STANDSTILL_MS = 10_000

/** What a look at a producer's row shows. */
export interface Pulse {
  readonly uuid: string
  readonly beat: string
}

/** Since when a producer's beat has stood still, as far as this observer knows. */
interface Sighting {
  readonly beat: string
  readonly sinceMs: number
}

export interface Vitality {
  readonly lastLookMs: number
  /** When any beat was last seen to have moved. */
  readonly lastMoveMs: number
  readonly sightings: ReadonlyMap<string, Sighting>
}

export const nothingSeen: Vitality = {
  lastLookMs: -Infinity,
  lastMoveMs: -Infinity,
  sightings: new Map(),
}

/** Fold an answered look, sent at `nowMs`, into what was seen before. */
export function observe(before: Vitality, producers: readonly Pulse[], nowMs: number): Vitality {
  const hasMoved = producers.some(({ uuid, beat }) => before.sightings.get(uuid)?.beat !== beat)
  const lastMoveMs = hasMoved ? nowMs : before.lastMoveMs
  const isContinuous =
    nowMs - before.lastLookMs <= LONGEST_GAP_MS && nowMs - lastMoveMs <= LONGEST_STANDSTILL_MS
  const sightings = new Map<string, Sighting>()
  for (const { uuid, beat } of producers) {
    const earlier = before.sightings.get(uuid)
    const standsStill = isContinuous && earlier?.beat === beat
    sightings.set(uuid, standsStill ? earlier : { beat, sinceMs: nowMs })
  }

  return { lastLookMs: nowMs, lastMoveMs, sightings }
}

/** The producers whose beat has stood still for long enough, with that beat. */
export function dead({ lastLookMs, sightings }: Vitality): Pulse[] {
  return [...sightings]
    .filter(([, { sinceMs }]) => lastLookMs - sinceMs >= DEAD_AFTER_MS)
    .map(([uuid, { beat }]) => ({ uuid, beat }))
}
