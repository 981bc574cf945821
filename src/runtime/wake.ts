/** Has the producers of this node look for jobs. */
import type { Runtime } from './runtime.ts'

/** Queues have available jobs. Those of other nodes are none of our business. */
export function wake(
  { queues, tell }: Pick<Runtime, 'queues' | 'tell'>,
  available: Iterable<string>,
): void {
  for (const queue of available) {
    if (queues.has(queue)) tell(`queue/${queue}/producer`, { type: 'jobs.available' })
  }
}
