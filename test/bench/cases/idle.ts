/** What a node costs that has nothing to do. */
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { databaseUrl } from '../../support/database-url.ts'
import type { Figures } from '../comparison.ts'
import { onDatabase, startOurs } from '../contenders.ts'
import type { Family, Stage } from '../family.ts'
import type { Program } from '../program.ts'
import { withProgram } from './latency.ts'

const QUEUES = 10

/** Until what starting has left behind is over: sessions tell what they have done up to ten seconds later. */
const REST_MS = 12_000

/** What happens least often, pruning, happens once in it. */
const LEAST_SECONDS = 30

interface Usage {
  readonly cpuUs: number
}

/** Each statement of an idle node is a transaction of its own. */
async function transactions(client: Client, url: string): Promise<number> {
  const { rows } = await client.query(
    `SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = $1`,
    [new URL(url).pathname.slice(1)],
  )

  return Number(rows[0].count)
}

async function watch(program: Program, url: string, { options }: Stage): Promise<Figures> {
  // Of another database, so that looking does not count.
  const outside = new Client({ connectionString: databaseUrl(url, 'postgres') })
  await outside.connect()
  const seconds = Math.max(options.seconds, LEAST_SECONDS)
  try {
    await pause(REST_MS)
    const [usage, count] = [await program.ask<Usage>('usage'), await transactions(outside, url)]
    await pause(seconds * 1_000)
    const [later, more] = [await program.ask<Usage>('usage'), await transactions(outside, url)]

    return {
      queriesPerSecond: (more - count) / seconds,
      cpuPercent: ((later.cpuUs - usage.cpuUs) / (seconds * 1e6)) * 100,
    }
  } finally {
    await outside.end()
  }
}

export const idleFamily: Family = {
  isOnce: true,
  contenders: [
    {
      name: 'idle',
      measure: (stage) =>
        onDatabase(stage, async (url) => {
          const names = Array.from({ length: QUEUES }, (_, index) => [`queue-${index}`, 10])

          return withProgram(await startOurs(stage, url, Object.fromEntries(names)), (program) =>
            watch(program, url, stage),
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
