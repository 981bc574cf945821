import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { vacuum } from '../../src/runtime/harbor/vacuum.ts'
import { useDatabase } from '../support/database.ts'
import { startOban } from '../support/oban.ts'
import { startTree } from '../support/tree.ts'
import { untilRows, untilServer } from '../support/until-rows.ts'

const database = useDatabase()
// A vacuum of the database's own begins the count anew.
beforeAll(() => database.query('ALTER TABLE oban_jobs SET (autovacuum_enabled = false)'))
beforeEach(() => database.query('TRUNCATE oban_ts_leaders'))

/** Leave in the indexes what so many processed jobs leave there. */
async function process(count: number): Promise<void> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query('TRUNCATE oban_jobs')
  await client.query(
    `INSERT INTO oban_jobs (worker, queue, state) SELECT 'Greet', 'q', 'available'
       FROM generate_series(1, $1)`,
    [count],
  )
  await client.query(`UPDATE oban_jobs SET state = 'executing', attempt = 1`)
  await client.query(`UPDATE oban_jobs SET state = 'completed', completed_at = now()`)
  // A session tells its counts now and then, and at its end.
  await client.end()
}

const vacuums = `SELECT FROM pg_stat_user_tables WHERE relname = 'oban_jobs' AND vacuum_count = 1`

/** Change a setting of the database, for sessions from now on. */
const set = (change: string) =>
  database.query(`DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I ${change}', current_database());
  END $$`)

/** Let a vacuum take minutes. */
async function slowDown(): Promise<void> {
  onTestFinished(async () => {
    await set('RESET ALL')
  })
  await set('SET vacuum_cost_delay = 100')
  await set('SET vacuum_cost_limit = 1')
}

describe('the vacuumer', () => {
  test('vacuums after so many jobs, whoever has processed them', async () => {
    await process(1_500)
    const { told } = await startOban({ database: database.url, vacuum: { every: 1_000 } })
    const { processed } = await told.until('vacuumer.vacuum')

    expect(processed).toBeGreaterThanOrEqual(1_000)
    await untilRows(database, vacuums, (rows) => rows.length === 1)
    expect(told.all('query.failed')).toEqual([])
  }, 30_000)

  test('leaves the table to the database where it is off', async () => {
    const { oban, told } = await startOban({ database: database.url, vacuum: false })
    await told.until('peer.election')

    expect(JSON.stringify(oban.snapshot())).not.toContain('vacuumer')
  })

  test('says once that its role may not, and goes on with everything else', async () => {
    await process(1_500)
    const role = `oban_test_${randomBytes(4).toString('hex')}`
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
    await database.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role};
       GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${role}`,
    )
    const url = new URL(database.url)
    url.username = role
    url.password = 'secret'
    const { oban, told } = await startOban({ database: url.href, vacuum: { every: 1_000 } })
    await told.until('vacuumer.denied')

    expect([told.all('vacuumer.vacuum'), told.all('query.failed')]).toEqual([[], []])
    expect(oban.isLeader).toBe(true)
    await oban.stop()
    await database.query(`DROP OWNED BY ${role}`)
    await database.query(`DROP ROLE ${role}`)
  }, 30_000)

  test('does nothing once the lease is not trusted, though nobody has told it', async () => {
    const { runtime, told } = await startTree(database.url, { queues: {}, workers: [] })
    await told.until('peer.election')
    runtime.leadership.distrust()
    const connect = { connectionString: database.url }

    expect(await vacuum(runtime, connect, 1, new AbortController().signal)).toEqual({
      outcome: 'busy',
      tookMs: 0,
    })
  })

  test('is ended on the server by a stop, which does not wait for it', async () => {
    await process(1_500)
    await slowDown()
    const { oban, told } = await startOban({ database: database.url, vacuum: { every: 1_000 } })
    await told.until('peer.election')
    await untilServer(database, 'working', 'oban-ts:vacuum', '%VACUUM (%')
    const startedAt = performance.now()
    await oban.stop()

    // Some milliseconds on a quiet machine.
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    await untilServer(database, 'idle', 'oban-ts:vacuum')
  }, 30_000)

  test('makes way for who alters the table', async () => {
    await process(1_500)
    await slowDown()
    const { told } = await startOban({ database: database.url, vacuum: { every: 1_000 } })
    await told.until('peer.election')
    await untilServer(database, 'working', 'oban-ts:vacuum', '%VACUUM (%')
    // It would wait for minutes.
    await database.query('ALTER TABLE oban_jobs ALTER COLUMN queue SET STATISTICS 100')

    expect([told.all('vacuumer.vacuum'), told.all('query.failed')]).toEqual([[], []])
  }, 30_000)
})
