import { setTimeout as pause } from 'node:timers/promises'

/** Let time pass, or less when the signal aborts. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(Math.max(0, ms), undefined, { signal })
  } catch (error) {
    // The end that was asked for.
    if (!signal.aborted) throw error
  }
}
