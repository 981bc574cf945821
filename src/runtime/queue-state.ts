/** Looks at a queue of this node. */
import type { QueueState } from '../queue-state.ts'
import { currentTenure, type Runtime } from './runtime.ts'

export function checkQueue(runtime: Runtime, queue: string): QueueState | undefined {
  const settings = runtime.queues.get(queue)
  const tenure = currentTenure(runtime, queue)
  const snapshot = runtime.whereis(`queue/${queue}/producer`)?.getSnapshot()
  if (settings === undefined || tenure === undefined || snapshot === undefined) return undefined

  return {
    queue,
    node: runtime.config.node,
    uuid: tenure.uuid,
    limit: snapshot.context.limit,
    paused: snapshot.matches('paused'),
    running: tenure.running().map(({ job }) => Number(job.id)),
    startedAt: tenure.startedAt,
    threads: settings.execution === 'inline' ? 0 : settings.threads,
  }
}
