/** What a node costs that has nothing to do. */
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import type { Figures } from '../comparison.ts'
import { onDatabase, startOurs } from '../contenders.ts'
import type { Family, Stage } from '../family.ts'
import type { Program } from '../program.ts'
import { withProgram } from './latency.ts'

const QUEUES = 10

/** Until what starting has left behind is over, and V8 has compiled. */
const REST_MS = 12_000

/** What happens least often, pruning, happens once in it. */
const LEAST_SECONDS = 30

interface Usage {
  readonly cpuUs: number
}

const STATEMENT = /LOG: {2}(?:execute|statement)/g

function statements({ server }: Stage): number {
  return server.log().match(STATEMENT)?.length ?? 0
}

/** To be called before a session begins. */
async function logStatements(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`ALTER DATABASE ${client.database} SET log_statement = 'all'`)
  } finally {
    await client.end()
  }
}

async function watch(program: Program, stage: Stage): Promise<Figures> {
  const seconds = Math.max(stage.options.seconds, LEAST_SECONDS)
  await pause(REST_MS)
  const [usage, count] = [await program.ask<Usage>('usage'), statements(stage)]
  await pause(seconds * 1_000)
  const [later, more] = [await program.ask<Usage>('usage'), statements(stage)]

  return {
    queriesPerSecond: (more - count) / seconds,
    cpuPercent: ((later.cpuUs - usage.cpuUs) / (seconds * 1e6)) * 100,
  }
}

export const idleFamily: Family = {
  isOnce: true,
  contenders: [
    {
      name: 'idle',
      measure: (stage) =>
        onDatabase(stage, async (url) => {
          await logStatements(url)
          const names = Array.from({ length: QUEUES }, (_, index) => [`queue-${index}`, 10])

          return withProgram(await startOurs(stage, url, Object.fromEntries(names)), (program) =>
            watch(program, stage),
          )
        }),
    },
  ],
  comparisons: [
    {
      case: 'idle/10-queues',
      ours: { contender: 'idle', figure: 'queriesPerSecond' },
      unit: 'queries/s',
      aim: { of: 'ours', most: 3 },
    },
    {
      case: 'idle/10-queues',
      ours: { contender: 'idle', figure: 'cpuPercent' },
      unit: '% of a processor',
      aim: { of: 'ours', most: 1 },
    },
  ],
}
