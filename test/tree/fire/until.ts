/** Waiting for a tree to come to rest. */
import { inspect, type SupervisorRef } from '../../../supervisors/index.ts'
import { systemClock } from '../../../src/clock.ts'

/** Longer than any restart takes, also on a machine that does other things. */
const RECOVERY_MS = 20_000

/**
 * Resolves when nothing is wrong with a tree, which is looked at whenever one of its supervisors has
 * changed.
 *
 * @throws {Error} what is wrong, when that takes too long
 */
export function untilRight(
  root: SupervisorRef,
  what: string,
  wrong: () => string[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      stop()
      callOff()
    }
    const look = () => {
      if (wrong().length > 0) return
      end()
      resolve()
    }
    const stop = inspect(
      root.system,
      (event) => {
        // What it does about that comes first.
        if (event.type === '@xstate.snapshot' && 'core' in event.snapshot) setImmediate(look)
      },
      reject,
    )
    const callOff = systemClock.after(RECOVERY_MS, () => {
      end()
      reject(new Error(`after ${what}: ${wrong().join(', ')}`))
    })
    look()
  })
}
