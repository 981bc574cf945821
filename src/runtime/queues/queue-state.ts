/** Looks at a queue of this node. */
import type { QueueState } from '../../queue-state.ts'
import type { Clock } from '../../clock.ts'
import type { Tenure } from '../../protocol/tenure.ts'
import { currentTenure, type Runtime } from '../runtime.ts'

export function checkQueue(runtime: Runtime, queue: string): QueueState | undefined {
  const { clock, config } = runtime
  const settings = runtime.queues.get(queue)
  const tenure = currentTenure(runtime, queue)
  if (settings === undefined || tenure === undefined) return undefined

  return {
    queue,
    instance: config.name,
    node: config.node,
    uuid: tenure.uuid,
    limit: settings.limit,
    paused: settings.paused,
    running: tenure.running().map(({ job }) => Number(job.id)),
    prefetched: tenure.backlog.runs.map(({ job }) => Number(job.id)),
    startedAt: tenure.startedAt,
    ended: { ...tenure.ended },
    updatedAt: updatedAt(clock, tenure),
    shutdownStartedAt: tenure.drainingSince,
    threads: runtime.pools.get(tenure)?.threads() ?? [],
  }
}

/** The lease is counted on the monotonic clock; people want the wall clock's time. */
function updatedAt({ monotonicMs, now }: Clock, { beatAtMs, startedAt }: Tenure): Date {
  if (beatAtMs === 0) return startedAt

  return new Date(now().getTime() - (monotonicMs() - beatAtMs))
}
