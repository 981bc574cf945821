import { beforeEach, describe, expect, test } from 'vitest'
import { openConnections } from '../support/connections.ts'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'

const QUEUES = 200
/** Seconds in which queries are counted. */
const WATCHED = 10

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const names = Array.from({ length: QUEUES }, (_, index) => `queue_${index}`)

/** Every tenth with a thread of its own, which starts with its first job. */
const queues = Object.fromEntries(
  names.map((name, index) => [
    name,
    { limit: 5, execution: index % 10 === 0 ? 'threads' : 'inline' } as const,
  ]),
)

const insertOneInEach = () =>
  database.query(
    `INSERT INTO oban_jobs (worker, queue) SELECT 'Echo', 'queue_' || n FROM generate_series(0, ${QUEUES - 1}) AS n`,
  )

/** Roles of the connections that the node has open. */
async function roles(): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT application_name AS name FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'oban-ts:%'`,
  )

  return rows.map(({ name }) => name).toSorted()
}

async function transactions(): Promise<number> {
  const rows = await database.query<{ count: number }>(
    `SELECT (xact_commit + xact_rollback)::integer AS count
       FROM pg_stat_database WHERE datname = current_database()`,
  )

  return rows[0]?.count ?? 0
}

describe('a node with 200 queues', { timeout: 120_000 }, () => {
  test('starts, works in each, asks little when idle, and stops', async ({ annotate }) => {
    const startedAtMs = performance.now()
    const { oban, told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues,
      leadership: false,
    })
    const startMs = performance.now() - startedAtMs
    await told.hears()
    await insertOneInEach()
    await told.count('job.stop', QUEUES)
    await insertOneInEach()
    await told.count('job.stop', 2 * QUEUES)

    const opened = await roles()
    // Claims, results, heartbeats, rescues, the listener; nothing for each queue.
    expect(new Set(opened).size).toBe(opened.length)
    expect(opened.length).toBeLessThanOrEqual(6)
    expect(oban.checkAllQueues().map(({ running }) => running)).toEqual(names.map(() => []))

    // The server tells of what a connection did when that works again, or after ten seconds.
    await database.query('SELECT pg_sleep(11)')
    const before = await transactions()
    await database.query(`SELECT pg_sleep(${WATCHED})`)
    const perSecond = ((await transactions()) - before) / WATCHED
    expect(perSecond).toBeLessThan(10)

    const stoppedAtMs = performance.now()
    await oban.stop()
    const stopMs = performance.now() - stoppedAtMs
    await annotate(
      `up after ${Math.round(startMs)} ms, ${perSecond} queries/s, stopped in ${Math.round(stopMs)} ms`,
    )
    expect(told.all('supervisor.report')).toEqual([])
    expect(await database.query('SELECT FROM oban_ts_producers')).toEqual([])
    expect(await openConnections(database)).toEqual([])
    expect(
      await database.query(
        `SELECT state::text, attempt, count(*)::integer AS count FROM oban_jobs GROUP BY 1, 2`,
      ),
    ).toEqual([{ state: 'completed', attempt: 1, count: 2 * QUEUES }])
  })
})
