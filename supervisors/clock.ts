/**
 * Time as the actor system sees it, so that a `SimulatedClock` on the root reaches everything.
 */
import type { AnyActorRef } from 'xstate'

/** XState exports the system's type only through its actors. */
export type System = AnyActorRef['system']

/** The longest delay that Node.js keeps; a longer one fires at once. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** Bound a delay to what a timer can hold, in milliseconds. */
export function clampDelay(delayMs: number): number {
  return Math.min(Math.max(delayMs, 0), MAX_DELAY_MS)
}

/**
 * The system's clock as a reading in milliseconds. Only a simulated clock can be read; the default
 * one cannot, so monotonic time stands in: the wall clock jumps and would distort restart windows.
 */
export function nowOf(system: System): () => number {
  const { _clock: clock } = system
  if (!isReadable(clock)) return () => performance.now()

  return () => clock.now()
}

function isReadable(clock: object): clock is { now(): number } {
  return 'now' in clock && typeof clock.now === 'function'
}
