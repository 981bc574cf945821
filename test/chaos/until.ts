/** Waiting for what other processes do: nothing tells of it but a look. */
import { setTimeout as pause } from 'node:timers/promises'

/**
 * Look again and again until a probe answers with something.
 *
 * @throws {Error} that names what did not come within `withinMs`
 */
export async function until<Found>(
  what: string,
  probe: () => Promise<Found | undefined | false> | Found | undefined | false,
  withinMs: number,
): Promise<Found> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await pause(50)
  }
}
