/** The children of a pool: one slot for each thread of the queue. */
import { child, type ChildSpec } from '../../supervisors/index.ts'
import { Alarms } from '../alarms.ts'
import type { QueueConfig } from '../config.ts'
import { patience } from '../patience.ts'
import type { Tenure } from '../protocol/tenure.ts'
import { ThreadPool } from '../threads/pool.ts'
import type { Request } from '../threads/protocol.ts'
import { memoryBounds } from '../threads/memory-watch.ts'
import type { SlotInput } from '../threads/slot-input.ts'
import { slot } from '../threads/slot.ts'
import { reportExit, reportLog } from './report.ts'
import { queueSettings, type Runtime } from './runtime.ts'
import { settle } from './settle.ts'

/** How long to wait before a thread that did not come up, or died idle, is started again. */
const PATIENCE = { firstMs: 100, longestMs: 5_000 }

export function threads(runtime: Runtime, tenure: Tenure): ChildSpec[] {
  const pool = new ThreadPool((items) => {
    settle(runtime, items)
  })
  runtime.pools.set(tenure, pool)
  const queue = queueSettings(runtime, tenure.queue)
  const alarms = new Alarms(runtime.clock)

  return Array.from({ length: queue.threads }, (_, index) =>
    child({
      id: `thread/${index + 1}`,
      logic: slot,
      backoff: (restarts) => patience(restarts, PATIENCE),
      input: (): SlotInput => ({
        pool,
        alarms,
        boots: runtime.boots,
        clock: runtime.clock,
        ...lifetimes(queue),
        onExit: (exit) => {
          reportExit(runtime.origin, { queue: queue.name, thread: index + 1 }, exit)
        },
        thread: threadInput(runtime, tenure, queue, index + 1),
      }),
    }),
  )
}

function lifetimes({ idleTimeoutMs, recycle, resourceLimits }: QueueConfig) {
  return {
    idleMs: idleTimeoutMs,
    recycle: { jobs: recycle.afterJobs, bytes: recycle.aboveMb * 2 ** 20 },
    memory: memoryBounds(resourceLimits),
  }
}

function threadInput(
  runtime: Runtime,
  tenure: Tenure,
  { name: queue, resourceLimits: limits }: QueueConfig,
  thread: number,
): SlotInput['thread'] {
  const { config, origin } = runtime
  const { env, preload } = config.threadOptions
  const { maxExternalMb: _, ...resourceLimits } = limits

  return {
    tenure,
    env,
    resourceLimits,
    data: {
      instance: config.name,
      prefix: config.prefix,
      queue,
      thread: String(thread),
      modules: config.workers.modules,
      preload,
      unknownWorkers: config.unknownWorkers,
      maxArgsBytes: config.maxArgsBytes,
      lease: tenure.lease.buffer,
    },
    onCall: (request) => answer(runtime, request),
    onLog: (line) => {
      reportLog(origin, line)
    },
  }
}

/** What a job asks of its instance. The thread has validated it already. */
async function answer({ store }: Runtime, request: Request): Promise<unknown> {
  if (request.method === 'cancel') return store.cancel(request.id)

  return request.method === 'insert' ? store.insert(request.jobs) : store.find(request.id)
}
