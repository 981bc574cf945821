/**
 * Kills every actor of a running tree, by every means there is, in an order that chance decides, while
 * jobs come and end in every queue.
 *
 * `FIRE_KILLS=1000 npx vitest run test/tree/fire.test.ts` is the full run, of about 90 seconds; `FIRE_SEED`
 * gives another order.
 */
import { describe, expect, test } from 'vitest'
import { readChanges, readDeaths } from '../chaos/history.ts'
import { openConnections } from '../support/connections.ts'
import { useDatabase } from '../support/database.ts'
import { watchResources } from '../support/start-stop.ts'
import { startTree } from '../support/tree.ts'
import { startLoad } from './fire/load.ts'
import { leapingClock } from './fire/leaping-clock.ts'
import { seeded } from './fire/random.ts'
import { Storm } from './fire/storm.ts'
import { violations } from './fire/verdict.ts'

const KILLS = Number(process.env['FIRE_KILLS'] ?? 300)
const SEED = Number(process.env['FIRE_SEED'] ?? 1)

const database = useDatabase()

const queues = {
  wide: { limit: 4, threads: 2 },
  ahead: { limit: 3, threads: 1, prefetch: 20 },
  inline: { limit: 3, execution: 'inline' },
} as const

const limits = new Map(Object.entries(queues).map(([queue, { limit }]) => [queue, limit]))

async function ignite() {
  const random = seeded(SEED)
  const clock = leapingClock()
  const tree = await startTree(
    database.url,
    { queues, workers: [new URL('../fixtures/fire.js', import.meta.url)] },
    { timers: clock },
  )
  const load = await startLoad(database.url, tree, { queues: [...limits.keys()], random })
  const storm = new Storm({ root: tree.root, random, leap: clock.leap })
  await load.endings(5)

  return { clock, load, storm, tree }
}

/** One step of the storm; the load goes on meanwhile, and must not be outrun. */
async function rage(step: number, { load, storm }: Awaited<ReturnType<typeof ignite>>) {
  if (step % 20 === 0) await storm.outage(load)
  else if (step % 8 === 0) await storm.volley()
  else await storm.single()
  if (step % 5 === 0) await load.endings(3)
}

describe('a tree under fire', () => {
  test(
    `loses no job, runs none twice and leaves nothing behind, killed ${KILLS} times (seed ${SEED})`,
    { timeout: 60_000 + KILLS * 1_000 },
    async () => {
      const resources = watchResources()
      const fire = await ignite()
      const { clock, load, storm, tree } = fire
      for (let step = 1; storm.kills.length < KILLS; step += 1) await rage(step, fire)
      await load.finish()

      const { ids, query, runs } = load
      const changes = await readChanges(query)
      const record = { ids, changes, runs: runs(), kills: storm.kills, limits }
      expect(violations(record)).toEqual([])
      expect(await readDeaths(query)).toEqual([])
      expect(tree.fatal).toEqual([])
      const interrupted = record.runs.filter(({ endedAtMs }) => endedAtMs === undefined)
      // Otherwise nothing was tested.
      expect(interrupted.length).toBeGreaterThan(KILLS / 20)

      await tree.stop()
      const rows = await query('SELECT uuid FROM oban_ts_producers')
      const connections = await openConnections(load)
      await load.close()
      const left = await resources.settled()
      expect({ rows, connections, left, timers: clock.pending() }).toEqual({
        rows: [],
        connections: [],
        left: [],
        timers: 0,
      })
    },
  )
})
