/** What the nodes of a story run beside the jobs that it is about. */
import type { CronEntry, NodeOptions } from './node-process.ts'

/** Queues that all nodes share, and one that is its own: with work in it, each node shows its life. */
export function queuesOf(node: string): NodeOptions['queues'] {
  return {
    shared: { limit: 4, threads: 2, idleTimeout: { seconds: 3 } },
    inline: { limit: 5, execution: 'inline' },
    [`own-${node}`]: { limit: 3, idleTimeout: { seconds: 3 } },
  }
}

/** Of every node, so that each run is there once between them. */
export const CRONS: readonly CronEntry[] = [{ name: 'each minute', queue: 'inline' }]
