/** Sends commands to the queues of other nodes, and remembers those that come back. */
import { signalsOf } from '../../notifier/signal.ts'
import { aspectOf } from '../../protocol/sent-signals.ts'
import { ANY, type QueueCommand } from '../../queue-command.ts'
import { publish } from './publish.ts'
import type { Runtime } from '../runtime.ts'

/**
 * Resolves when it is sent.
 *
 * @throws {Error} when the database does not take it
 */
export async function signal(
  runtime: Runtime,
  command: QueueCommand,
  ident: string,
): Promise<void> {
  const { clock, sentSignals, whereis } = runtime
  for (const { channel, message } of signalsOf(command, ident)) {
    const { queue } = command
    // A session that is about to come up may hear it, or not.
    const isSure = whereis('notifier')?.getSnapshot().matches({ session: 'listening' }) === true
    const sent = { aspect: aspectOf(message), isSure, queue, text: JSON.stringify(message) }
    // Only what is for all comes back.
    const takeBack = ident === ANY ? sentSignals.note(sent, clock.monotonicMs()) : undefined
    try {
      await publish(runtime, channel, [message])
    } catch (error) {
      takeBack?.()
      throw error
    }
  }
}
