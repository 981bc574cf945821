/** Several nodes, processes on one database: together no slower than one, and nothing runs twice. */
import type { Comparison, Figures } from '../comparison.ts'
import { onClient, onDatabase, openOurs } from '../contenders.ts'
import { drainOnce, warmUp } from '../drain-run.ts'
import type { Contender, Family, Stage } from '../family.ts'

const NODES = [1, 2, 4] as const

/** What statements of several nodes must not do to each other. */
const TROUBLE = /deadlock detected|could not serialize/g

function troubles({ server }: Stage): number {
  return server.log().match(TROUBLE)?.length ?? 0
}

async function drainBy(nodes: number, stage: Stage): Promise<Figures> {
  const { limit = 100, threads = 0, prefetch = 0, n } = stage.options
  const before = troubles(stage)

  return onDatabase(stage, async (url) => {
    const open = openOurs(stage, { limit, threads, prefetch })
    const systems = await Promise.all(Array.from({ length: nodes }, () => open(url)))
    try {
      // One after the other: together they would share the jobs, and run colder code than one alone.
      for (const system of systems) await warmUp([system])
      await onClient(url, (client) => client.query('TRUNCATE oban_jobs'))
      const figures = await drainOnce(stage.server, systems, n)

      return { ...figures, troubles: troubles(stage) - before }
    } finally {
      await Promise.all(systems.map((system) => system.close()))
    }
  })
}

function contender(nodes: number): Contender {
  return { name: `nodes-${nodes}`, measure: (stage) => drainBy(nodes, stage) }
}

function comparisonsOf(nodes: number): Comparison[] {
  const name = `nodes-${nodes}`

  return [
    {
      case: `scale-out/${name}`,
      ours: { contender: name, figure: 'jobsPerSecond' },
      reference: { contender: 'nodes-1', figure: 'jobsPerSecond', label: 'one node' },
      unit: 'jobs/s',
      aim: { of: 'ratio', least: 1 },
    },
    {
      case: `scale-out/${name}`,
      ours: { contender: name, figure: 'troubles' },
      unit: 'deadlocks and serialization errors',
      aim: { of: 'ours', most: 0 },
    },
  ]
}

export const scaleOutFamily: Family = {
  contenders: NODES.map(contender),
  comparisons: NODES.slice(1).flatMap(comparisonsOf),
}
