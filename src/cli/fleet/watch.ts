/** Looks again and again, also over an outage of the database. */
import { banner } from '../../telemetry/words.ts'
import { rest } from '../tree/rest.ts'

/** What is known now. */
export interface Sight<Seen> {
  /** The last look; after an outage has begun it is that of before. */
  readonly seen: Seen
  readonly outage:
    | { readonly reason: string; readonly sinceMs: number; readonly nowMs: number }
    | undefined
}

export interface WatchOptions<Seen> {
  readonly look: (signal: AbortSignal) => Promise<Seen>
  /** Asked before each pause, as it may be changed meanwhile. Milliseconds. */
  readonly intervalMs: () => number
  /** How long the database has worked for a look, in milliseconds. */
  readonly loadMs: (seen: Seen) => number
  /** Ends the watch. */
  readonly signal: AbortSignal
  readonly onSight: (sight: Sight<Seen>) => void
}

/** A pause is at least so many times as long as the database has worked: looking must not be a load. */
const PAUSES_PER_LOOK = 5

/**
 * Resolves when the signal aborts.
 *
 * @throws {Error} of the first look: whoever has never seen anything has given a wrong address
 */
export async function keepLooking<Seen>(options: WatchOptions<Seen>): Promise<void> {
  const { look, intervalMs, loadMs, signal, onSight } = options
  /** Asked anew, as it may have aborted during a look. */
  const isOver = (): boolean => signal.aborted
  let seen: Seen | undefined
  let sinceMs: number | undefined
  while (!isOver()) {
    const startedAtMs = performance.now()
    try {
      seen = await look(signal)
      sinceMs = undefined
      if (!isOver()) onSight({ seen, outage: undefined })
    } catch (error) {
      if (isOver()) return
      if (seen === undefined) throw error
      const nowMs = performance.now()
      sinceMs ??= nowMs
      onSight({ seen, outage: { reason: banner(error), sinceMs, nowMs } })
    }
    const leftMs = startedAtMs + intervalMs() - performance.now()
    await rest(Math.max(leftMs, PAUSES_PER_LOOK * loadMs(seen)), signal)
  }
}
