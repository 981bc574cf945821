/** What can be seen of a queue from outside. */
import { currentTenure, type Runtime } from './runtime.ts'

/** A queue on this node, as it is now. */
export interface QueueState {
  readonly queue: string
  readonly node: string
  /** Of the producer: the second element of `attempted_by`. */
  readonly uuid: string
  /** Jobs executed at once. */
  readonly limit: number
  readonly paused: boolean
  /** Ids of the jobs that are being executed. */
  readonly running: readonly number[]
  readonly startedAt: Date
  /** Threads of its own; 0 for an inline queue. */
  readonly threads: number
}

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
