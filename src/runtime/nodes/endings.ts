/** Tells those who wait for jobs that this node has stored their ends. Nobody waits, nothing is told. */
import { encodeEnding } from '../../notifier/endings.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'

/** Jobs have ended, and the database knows it. */
export function tellEnded(runtime: Runtime, ids: readonly string[]): void {
  const { awaited } = runtime
  const told = awaited.take(ids.map(Number))
  if (told.size > 0) void send(runtime, told)
}

/** On the connection that fetches: heartbeats and acknowledgements must not wait behind it. */
async function send(
  { connections, origin, outlet }: Runtime,
  told: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  try {
    for (const [asker, ids] of told) {
      await outlet.reply(connections.stage, asker, encodeEnding(ids))
    }
  } catch (error) {
    // Whoever waits looks by itself, each second.
    reportFailure(origin, 'endings', error)
  }
}
