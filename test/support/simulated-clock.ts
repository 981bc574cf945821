/** A clock that a test moves by hand, in the shapes of XState and of ours. */
import { SimulatedClock } from 'xstate'
import type { Clock } from '../../src/clock.ts'

export function simulatedClock(startMs = 0) {
  const simulated = new SimulatedClock()
  simulated.set(startMs)
  const clock: Clock = {
    now: () => new Date(simulated.now()),
    monotonicMs: () => simulated.now(),
    after: (delayMs, callback) => {
      const timer = simulated.setTimeout(callback, delayMs)

      return () => {
        simulated.clearTimeout(timer)
      }
    },
  }

  return { clock, simulated }
}
