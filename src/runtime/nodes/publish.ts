/** Says something to the other nodes. */
import type { Channel } from '../../channels.ts'
import { encode } from '../../notifier/encoding.ts'
import type { Runtime } from '../runtime.ts'

/**
 * Send messages to everybody who listens, this node too, in one transaction and in this order. Equal ones
 * arrive once.
 *
 * On the connection that stages: claims, heartbeats and acknowledgements must not wait behind it, and the
 * one for rescues may wait for locks.
 *
 * @throws {Error} when the database does not take them
 * @throws {RangeError} when one is too large: 7,999 bytes when compressed
 */
export async function publish(
  { connections, outlet }: Pick<Runtime, 'connections' | 'outlet'>,
  channel: Channel,
  messages: readonly object[],
): Promise<void> {
  await outlet.send(connections.stage, channel, messages.map(encode))
}
