/**
 * The shape of a node's portrait, for whoever receives one: anyone with access to the database can send
 * what looks like it. Fields that a newer release may add are left out.
 */
import { z } from 'zod'
import type { NodePortrait } from './portrait.ts'

const count = z.number().nonnegative()
const thread = z.object({
  thread: z.int(),
  state: z.enum(['asleep', 'booting', 'draining', 'up']),
  running: z.array(z.int()),
  jobs: count,
  exits: count,
  // A figure that is odd, or null as JSON has NaN, must not hide a whole node.
  memoryBytes: count.optional().catch(undefined),
  utilization: count.optional().catch(undefined),
})

const queue = z.object({
  queue: z.string(),
  node: z.string(),
  uuid: z.string(),
  limit: count,
  paused: z.boolean(),
  running: z.array(z.int()),
  prefetched: count,
  startedAt: z.coerce.date(),
  ended: z.object({ completed: count, failed: count }).optional().catch(undefined),
  threads: z.array(thread),
})

const json = z.json()

const child = z.object({
  id: z.string(),
  name: z.string().optional(),
  restart: z.enum(['permanent', 'temporary', 'transient']),
  state: z.enum(['backoff', 'down', 'idle', 'starting', 'stopping', 'up']),
  restarts: count,
  lastError: z.string().optional(),
  value: json.optional(),
  context: json.optional(),
  get tree() {
    return tree.optional()
  },
})

const tree = z.object({
  status: z.enum(['active', 'done', 'error', 'stopped']),
  phase: z.enum(['restarting', 'running', 'starting', 'stopping']),
  strategy: z.enum(['one_for_all', 'one_for_one', 'rest_for_one']),
  maxRestarts: count,
  maxSeconds: count,
  recentRestarts: count,
  get children() {
    return z.array(child)
  },
})

/** A node as it arrives from another process. */
export const portraitSchema = z.object({
  instance: z.string(),
  node: z.string(),
  at: z.coerce.date(),
  process: z.object({
    pid: z.int(),
    uptimeSeconds: count,
    memoryBytes: count,
    cpuSeconds: count,
    nodeVersion: z.string(),
  }),
  queues: z.array(queue),
  tree,
}) satisfies z.ZodType<NodePortrait>
