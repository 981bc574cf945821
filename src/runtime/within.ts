/** Bounds how long code of the user's is waited for, where it cannot be ended. */
import type { Clock } from '../clock.ts'

/**
 * Wait for a promise that may never settle.
 *
 * @throws what `late` makes, when it takes longer than `ms`
 */
export async function within<Value>(
  clock: Clock,
  ms: number,
  promise: Promise<Value>,
  late: () => Error,
): Promise<Value> {
  let callOff: (() => void) | undefined
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        callOff = clock.after(ms, () => {
          reject(late())
        })
      }),
    ])
  } finally {
    callOff?.()
  }
}
