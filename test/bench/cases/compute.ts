/** Jobs that keep a processor busy: what threads are for. */
import { Client } from 'pg'
import { setTimeout as pause } from 'node:timers/promises'
import type { Comparison, Figures } from '../comparison.ts'
import { onDatabase, queueOf, startOurs } from '../contenders.ts'
import type { Contender, Family, Stage } from '../family.ts'
import { withProgram } from './latency.ts'

/** Of a body, about a millisecond each. */
const ROUNDS = 5
const LIMIT = 10

const LEFT = `SELECT count(*)::integer AS count FROM oban_jobs WHERE state <> 'completed'`

async function measure(stage: Stage, threads: number): Promise<Figures> {
  const count = Math.ceil(stage.options.n / 40)

  return onDatabase(stage, async (url) => {
    const client = new Client({ connectionString: url })
    await client.connect()
    const queues = queueOf({ limit: LIMIT, threads, prefetch: 0 })
    try {
      return await withProgram(await startOurs(stage, url, queues), async (program) => {
        const run = async (jobs: number) => {
          await program.ask('enqueueCompute', { count: jobs, rounds: ROUNDS })
          const startedAtMs = performance.now()
          await program.ask('run')
          for (let left = jobs; left > 0;) {
            await pause(10)
            const { rows } = await client.query(LEFT)
            left = rows[0].count
          }
          const elapsedMs = performance.now() - startedAtMs
          await program.ask('rest')

          return elapsedMs
        }
        await run(40)

        return { jobsPerSecond: (count / (await run(count))) * 1_000 }
      })
    } finally {
      await client.end()
    }
  })
}

function contender(name: string, threads: number): Contender {
  return { name, measure: (stage) => measure(stage, threads) }
}

function comparison(threads: number): Comparison {
  return {
    case: `compute/threads-${threads}`,
    ours: { contender: `threads-${threads}`, figure: 'jobsPerSecond' },
    reference: { contender: 'inline', figure: 'jobsPerSecond', label: 'ours, inline' },
    unit: 'jobs/s',
  }
}

export const computeFamily: Family = {
  contenders: [contender('inline', 0), contender('threads-1', 1), contender('threads-2', 2)],
  comparisons: [comparison(1), comparison(2)],
}
