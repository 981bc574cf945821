/** A clock for actors that can be told that much time has passed, as far as restarts are counted. */
import { systemClock } from '../../../src/clock.ts'

/** @param longestMs - timers that are set for longer end by then */
export function leapingClock(longestMs = Infinity) {
  let leapsMs = 0
  const timers = new Map<number, () => void>()
  let last = 0

  return {
    now: () => performance.now() + leapsMs,
    leap: (ms: number) => {
      leapsMs += ms
    },
    setTimeout: (callback: (...params: unknown[]) => void, delayMs: number): number => {
      last += 1
      const id = last
      const cancel = systemClock.after(
        Math.min(delayMs, longestMs),
        () => {
          timers.delete(id)
          callback()
        },
        { keepAlive: true },
      )
      timers.set(id, cancel)

      return id
    },
    clearTimeout: (id: number) => {
      timers.get(id)?.()
      timers.delete(id)
    },
    /** Timers that are set. */
    pending: () => timers.size,
  }
}
