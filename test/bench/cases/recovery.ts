/** How long it takes until a part that failed is back: a child of a tree, a thread, every connection. */
import { Client } from 'pg'
import type { Comparison, Figures } from '../comparison.ts'
import { onDatabase, startOurs } from '../contenders.ts'
import type { Family, Stage } from '../family.ts'
import { Program } from '../program.ts'
import { median } from '../statistics.ts'
import { withProgram } from './latency.ts'

const SAMPLES = 9

/** All but that of whoever enqueues, whose call would fail. */
const CUT = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
   WHERE datname = current_database() AND application_name LIKE 'oban-ts:%'
     AND application_name <> 'oban-ts:client'`

async function cutConnections(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(CUT)
  await client.end()
}

/** Milliseconds until a job runs that is enqueued right after the fault. */
async function ofNode(stage: Stage): Promise<Figures> {
  return onDatabase(stage, async (url) =>
    withProgram(await startOurs(stage, url, { bench: 1 }), async (program) => {
      const untilRunning = () => program.ask<number>('untilRunning')
      const calm: number[] = []
      while (calm.length < SAMPLES) calm.push(await untilRunning())
      await program.ask('exitThread')
      const thread = await untilRunning()
      await cutConnections(url)

      return { calm: median(calm), thread, connections: await untilRunning() }
    }),
  )
}

async function ofTree(): Promise<Figures> {
  const program = await Program.start({ file: './programs/tree.js', input: {} })

  return withProgram(program, async () => ({
    ms: median(await program.ask<number[]>('restarts', { count: SAMPLES * 10 })),
  }))
}

function comparison(part: string): Comparison {
  return {
    case: `recovery/${part}`,
    ours: { contender: 'node', figure: part },
    reference: { contender: 'node', figure: 'calm', label: 'without a fault' },
    unit: 'ms to the next job',
  }
}

export const recoveryFamily: Family = {
  contenders: [
    { name: 'tree', measure: ofTree },
    { name: 'node', measure: ofNode },
  ],
  comparisons: [
    {
      case: 'recovery/child',
      ours: { contender: 'tree', figure: 'ms' },
      unit: 'ms until it and four behind it are back',
    },
    comparison('thread'),
    comparison('connections'),
  ],
}
