/** Opens what commands look through, and closes it whatever ends them. */
import { withAddress } from '../database.ts'
import { listenForSignals } from '../interruption.ts'
import { Lookout } from './lookout.ts'

/**
 * @throws {ConfigError} when the settings are wrong
 * @throws {InterruptedError} when a signal ended the work
 */
export async function withLookout(
  context: Parameters<typeof withAddress>[0],
  work: (lookout: Lookout, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await withAddress(context, async (address) => {
    const interruption = listenForSignals(() => undefined)
    try {
      const lookout = new Lookout(address)
      try {
        await work(lookout, interruption.signal)
        interruption.signal.throwIfAborted()
      } finally {
        await lookout.close()
      }
    } finally {
      interruption.dispose()
    }
  })
}
