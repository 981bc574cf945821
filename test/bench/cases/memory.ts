/** What each queue and each thread adds to the memory of a node. */
import type { Figures } from '../comparison.ts'
import { onDatabase, startOurs } from '../contenders.ts'
import type { Family, Stage } from '../family.ts'
import { slope } from '../statistics.ts'
import { withProgram } from './latency.ts'

const QUEUES = [0, 20, 40] as const
const THREADS = [1, 4, 8] as const

interface Usage {
  readonly rssMb: number
}

/** A node right after a collection, when each of its threads has run something. */
async function rssMb(stage: Stage, queues: object, threads: number): Promise<number> {
  return onDatabase(stage, async (url) => {
    const gc = { ...stage, execArgv: [...stage.execArgv, '--expose-gc'] }

    return withProgram(await startOurs(gc, url, queues), async (program) => {
      if (threads > 0) await program.ask('enqueueCompute', { count: threads * 20, rounds: 1 })
      if (threads > 0) await program.ask('untilRunning')
      const usage = await program.ask<Usage>('collected')

      return usage.rssMb
    })
  })
}

async function measure(stage: Stage): Promise<Figures> {
  const byQueues: Array<readonly [number, number]> = []
  for (const count of QUEUES) {
    const names = Array.from({ length: count }, (_, index) => [`queue-${index}`, 10])
    byQueues.push([count, await rssMb(stage, Object.fromEntries(names), 0)])
  }
  const byThreads: Array<readonly [number, number]> = []
  for (const threads of THREADS) {
    const queues = { bench: { limit: threads * 2, threads } }
    byThreads.push([threads, await rssMb(stage, queues, threads)])
  }

  return {
    node: byQueues[0]?.[1] ?? NaN,
    queue: slope(byQueues) * 1_024,
    thread: slope(byThreads),
  }
}

function comparison(figure: string, unit: string) {
  return { case: `memory/${figure}`, ours: { contender: 'memory', figure }, unit }
}

export const memoryFamily: Family = {
  isOnce: true,
  contenders: [{ name: 'memory', measure }],
  comparisons: [
    comparison('node', 'MB without queues'),
    comparison('queue', 'kB for each'),
    comparison('thread', 'MB for each'),
  ],
}
