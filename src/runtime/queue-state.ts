/** Looks at a queue of this node. */
import type { QueueState } from '../queue-state.ts'
import { currentTenure, type Runtime } from './runtime.ts'

export function checkQueue(runtime: Runtime, queue: string): QueueState | undefined {
  const settings = runtime.queues.get(queue)
  const tenure = currentTenure(runtime, queue)
  if (settings === undefined || tenure === undefined) return undefined

  return {
    queue,
    node: runtime.config.node,
    uuid: tenure.uuid,
    limit: settings.limit,
    paused: settings.paused,
    running: tenure.running().map(({ job }) => Number(job.id)),
    prefetched: tenure.backlog.runs.map(({ job }) => Number(job.id)),
    startedAt: tenure.startedAt,
    threads: runtime.pools.get(tenure)?.threads() ?? [],
  }
}
