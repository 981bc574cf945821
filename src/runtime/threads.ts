/** The children of a pool: one slot for each thread of the queue. */
import { child, type ChildSpec } from '../../supervisors/index.ts'
import { emit } from '../telemetry/channels.ts'
import { patience } from '../patience.ts'
import type { Tenure } from '../protocol/tenure.ts'
import { ThreadPool } from '../threads/pool.ts'
import type { Request } from '../threads/protocol.ts'
import { slot, type SlotInput } from '../threads/slot.ts'
import { reportLog } from './report.ts'
import { queueSettings, type Runtime } from './runtime.ts'
import { settle } from './settle.ts'

/** How long to wait before a thread that did not come up, or died idle, is started again. */
const PATIENCE = { firstMs: 100, longestMs: 5_000 }

export function threads(runtime: Runtime, tenure: Tenure): ChildSpec[] {
  const pool = new ThreadPool((items) => {
    settle(runtime, items)
  })
  runtime.pools.set(tenure, pool)
  const count = queueSettings(runtime, tenure.queue).threads

  return Array.from({ length: count }, (_, index) =>
    child({
      id: `thread/${index + 1}`,
      logic: slot,
      backoff: (restarts) => patience(restarts, PATIENCE),
      input: () => slotInput(runtime, tenure, pool, index + 1),
    }),
  )
}

function slotInput(runtime: Runtime, tenure: Tenure, pool: ThreadPool, thread: number): SlotInput {
  const { boots, clock, config, origin } = runtime
  const { queue } = tenure
  const { env, resourceLimits, preload } = config.threadOptions

  return {
    pool,
    boots,
    clock,
    onExit: (cause, error) => {
      emit('thread.exit', { ...origin, queue, thread, cause, error })
    },
    thread: {
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
    },
  }
}

/** What a job asks of its instance. The thread has validated it already. */
async function answer({ store }: Runtime, request: Request): Promise<unknown> {
  if (request.method === 'cancel') return store.cancel(request.id)

  return request.method === 'insert' ? store.insert(request.jobs) : store.find(request.id)
}
