/** What a node costs that has nothing to do. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Figures } from '../comparison.ts'
import { onClient, onDatabase, startOurs } from '../contenders.ts'
import type { Family, Stage } from '../family.ts'
import type { Program } from '../program.ts'
import { withProgram } from './latency.ts'

const QUEUES = 10

/** Until what starting has left behind is over, and V8 has compiled. */
const REST_MS = 12_000

/** Pruning happens once in it. */
const LEAST_SECONDS = 30

interface Usage {
  readonly cpuUs: number
}

/**
 * Simple queries are logged as `statement`, others as `execute`. What `pg_stat_database` counts are transactions,
 * also those of sessions that are only notified.
 */
const STATEMENT = /LOG: {2}(?:execute|statement)/g

function statements({ server }: Stage): number {
  const count = server.log().match(STATEMENT)?.length
  if (count === undefined) throw new Error('the server has logged no statement')

  return count
}

/** Sessions that begin afterwards have their statements logged. */
async function logStatements(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1)
  await onClient(url, (client) => client.query(`ALTER DATABASE ${name} SET log_statement = 'all'`))
}

async function watch(program: Program, stage: Stage): Promise<Figures> {
  const seconds = Math.max(stage.options.seconds, LEAST_SECONDS)
  await pause(REST_MS)
  const [usage, count] = [await program.ask<Usage>('usage'), statements(stage)]
  await pause(seconds * 1_000)
  const [later, more] = [await program.ask<Usage>('usage'), statements(stage)]

  return {
    statementsPerSecond: (more - count) / seconds,
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
      ours: { contender: 'idle', figure: 'statementsPerSecond' },
      unit: 'statements/s',
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
