/** Everything through a PgBouncer in transaction mode, which keeps nothing of a session. */
import { type Client, Pool } from 'pg'
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  onTestFinished,
  test,
} from 'vitest'
import type { ObanOptions } from '../../src/config/options.ts'
import { install, status } from '../../src/engine/migrator.ts'
import { defineWorker } from '../../src/worker.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { missing, startPooler, type Pooler } from '../support/pgbouncer.ts'
import { say } from '../support/say.ts'
import { createEmptyDatabase, loadFixture } from '../engine/empty-database.ts'

const database = useDatabase()
let pooler: Pooler | undefined
const through = (url = database.url) => pooler?.through(url) ?? ''

async function connect(url = through()): Promise<Client> {
  const client = await connectTo(url)

  return client
}

const rows = () =>
  database.query<{ worker: string; state: string; attempt: number }>(
    'SELECT worker, state, attempt FROM oban_jobs ORDER BY id',
  )

const start = (options: ObanOptions = {}) =>
  startOban({
    database: through(),
    workers: [workerModule],
    queues: { default: { limit: 5, threads: 2 }, side: 5 },
    ...options,
  })

const missed = missing === undefined ? '' : ` (skipped: ${missing})`

describe.skipIf(missing !== undefined)(`behind PgBouncer in transaction mode${missed}`, () => {
  beforeAll(async () => {
    // So few that clients share them, and whatever one leaves behind another finds.
    pooler = await startPooler(inject('serverUrl'), { mode: 'transaction', size: 4 })
  })
  afterAll(() => pooler?.stop())
  beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers, oban_ts_leaders'))

  test('runs jobs, enqueued one by one, many at once, and in transactions', async () => {
    const { oban, told } = await start()
    const { id } = await oban.enqueue('Echo', { says: `it's $1 -- "quoted"\n\\` })
    const many = Array.from({ length: 1_200 }, () => ({ worker: 'Echo', args: {}, options: {} }))
    await oban.enqueueMany(many)
    const client = await connect()
    await client.query('BEGIN')
    await oban.enqueue('Echo', { kept: true }, { client, queue: 'side' })
    await client.query('COMMIT')
    await client.query('BEGIN')
    await oban.enqueue('Echo', { kept: false }, { client })
    await client.query('ROLLBACK')
    await told.count('job.stop', 1_202)

    expect((await oban.getJob(id))?.recorded).toEqual({ says: `it's $1 -- "quoted"\n\\` })
    const states = await database.query('SELECT state, count(*) FROM oban_jobs GROUP BY state')
    expect(states).toEqual([{ state: 'completed', count: '1202' }])
    await oban.stop()
    expect(await database.query('SELECT FROM oban_ts_producers')).toEqual([])
    expect(told.all('query.failed').filter(({ source }) => source !== 'notifier')).toEqual([])
  })

  test('finds the jobs of others by polling, and says that it hears nothing', async () => {
    const { oban, told } = await start()
    expect((await told.until('notifier.switch')).status).toBe('isolated')
    const failed = await told.until('query.failed', ({ source }) => source === 'notifier')
    expect(String(failed.error)).toContain('through a pooler in transaction mode')
    expect(await oban.health()).toMatchObject({ notifier: 'isolated' })

    await database.query(`INSERT INTO oban_jobs (worker) VALUES ('Echo')`)
    await told.count('job.stop', 1)
  })

  test('hears of jobs at once when it may listen past the pooler', async () => {
    const { told } = await start({
      database: { url: through(), listen: database.url },
      stager: { interval: { hours: 1 } },
    })
    await told.hears()

    await database.query(`INSERT INTO oban_jobs (worker) VALUES ('Echo')`)
    await database.query(`SELECT pg_notify('public.oban_insert', '{"queue":"default"}')`)
    await told.count('job.stop', 1)
  })

  test('cancels a job that runs with the next heartbeat', async () => {
    const { oban, told } = await start()
    const { id } = await oban.enqueue('Wait', {})
    await told.until('job.log', ({ message }) => message === 'begun')
    // As another node does it.
    await database.query(
      `UPDATE oban_jobs SET state = 'cancelled', cancelled_at = timezone('UTC', now()) WHERE id = $1`,
      [id],
    )

    await told.until('job.log', ({ fields }) => fields['code'] === 'OBAN_CANCELLED')
  })

  test('retries, snoozes, discards and releases', async () => {
    const { oban, told } = await start({ unknownWorkers: 'release' })
    const { id } = await oban.enqueue('Fail', {}, { maxAttempts: 1 })
    await oban.enqueue('Elsewhere', {})
    await told.until('job.exception', (event) => event.id === id)
    await told.until('worker.unknown')
    await oban.retryJob(id)
    await told.count('job.exception', 2)
    await oban.stop()

    expect(await rows()).toEqual([
      { worker: 'Fail', state: 'discarded', attempt: 2 },
      { worker: 'Elsewhere', state: 'scheduled', attempt: 0 },
    ])
  })

  test('leads, prunes and gives up the lead', async () => {
    await database.query(
      `INSERT INTO oban_jobs (worker, state, scheduled_at, completed_at)
       SELECT 'Echo', 'completed', at, at FROM (SELECT timezone('UTC', now()) - interval '2 days' AS at) AS old`,
    )
    const { oban, told } = await start({ pruner: { interval: { milliseconds: 50 } } })
    await told.until('pruner.prune', ({ completed }) => completed === 1)
    expect(oban.isLeader).toBe(true)
    await oban.stop()

    expect(await database.query('SELECT FROM oban_ts_leaders')).toEqual([])
  })

  test('rescues the jobs of a node that died', async () => {
    const uuid = '11111111-1111-4111-8111-111111111111'
    await database.query(
      `INSERT INTO oban_ts_producers (uuid, name, node, queue) VALUES ($1, 'Oban', 'dead', 'default')`,
      [uuid],
    )
    await database.query(
      `INSERT INTO oban_jobs (worker, state, attempt, attempted_at, attempted_by)
       VALUES ('Echo', 'executing', 1, timezone('UTC', now()), ARRAY['dead', $1])`,
      [uuid],
    )
    const { told } = await start()
    await told.until('lifeline.rescue')
    await told.count('job.stop', 1)

    expect(await rows()).toEqual([{ worker: 'Echo', state: 'completed', attempt: 2 }])
  }, 60_000)

  test('does not wait for a lock for longer than elsewhere', async () => {
    const { oban, told } = await start()
    const locked = await oban.enqueue('Wait', { word: 'locked' })
    const free = await oban.enqueue('Wait', { word: 'locked' })
    await told.until('job.log', ({ fields }) => fields['id'] === locked.id)
    await told.until('job.log', ({ fields }) => fields['id'] === free.id)
    const client = await connect(database.url)
    await client.query('BEGIN')
    await client.query('SELECT FROM oban_jobs WHERE id = $1 FOR UPDATE', [locked.id])
    say('locked')
    // The other acknowledgement lands beside it.
    await told.ended(free.id)
    await client.query('COMMIT')
    await told.ended(locked.id)
  })

  test('leaves nothing behind in the sessions of the server', async () => {
    const { oban, told } = await start({ pruner: { interval: { milliseconds: 50 } } })
    await oban.enqueueMany(
      Array.from({ length: 20 }, () => ({ worker: 'Echo', args: {}, options: {} })),
    )
    await told.count('job.stop', 20)
    await told.count('pruner.prune', 2)
    const pool = new Pool({ connectionString: through(), max: 4 })
    onTestFinished(() => pool.end())
    // All at once, so that each looks at a session of its own.
    const found = await Promise.all(
      Array.from({ length: 4 }, () =>
        pool.query(
          `SELECT current_setting('statement_timeout') AS statement,
                  current_setting('lock_timeout') AS lock,
                  current_setting('synchronous_commit') AS commit,
                  (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
                  (SELECT count(*)::int FROM pg_listening_channels()) AS channels,
                  pg_sleep(0.2) IS NULL AS slept`,
        ),
      ),
    )

    for (const {
      rows: [settings],
    } of found) {
      expect(settings).toEqual({
        statement: '0',
        lock: '0',
        commit: 'on',
        prepared: 0,
        channels: 0,
        slept: false,
      })
    }
    await oban.stop()
  })

  test('works through a pool of the application', async () => {
    const pool = new Pool({ connectionString: through() })
    onTestFinished(() => pool.end())
    const { oban, told } = await start({ database: { pool } })
    const { id } = await oban.enqueue('Echo', {})
    await told.ended(id)
    await oban.stop()
  })

  test('drains a queue', async () => {
    const Drained = defineWorker({
      name: 'Pooled.Drained',
      args: typed<{ n: number }>(),
      process() {},
    })
    const { oban } = makeOban({ database: through() })
    await oban.enqueueMany([1, 2, 3].map((n) => Drained.new({ n })))

    expect(await oban.drainQueue('default')).toMatchObject({ success: 3 })
  })

  test('installs on an empty database, and beside tables in use', async () => {
    const empty = await createEmptyDatabase()
    const fresh = await install(await connect(through(empty.url)), { prefix: 'public' })
    expect(fresh.applied).toContain('001_jobs')

    const shared = await createEmptyDatabase()
    await loadFixture(await shared.connect(), 'schema_elixir')
    const client = await connect(through(shared.url))
    const added = await install(client, { prefix: 'public', searchIndexes: true })
    expect(added.applied).toContain('003_staging_index')
    expect(await status(client, { prefix: 'public' })).toMatchObject({ pending: [] })
    const locks = `
      SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
       WHERE locktype = 'advisory' AND datname = current_database()`
    expect((await client.query(locks)).rows).toEqual([])
    expect((await client.query('SHOW statement_timeout')).rows).toEqual([
      { statement_timeout: '0' },
    ])
  })
})

describe.skipIf(missing !== undefined)(`behind PgBouncer in session mode${missed}`, () => {
  test('hears of jobs', async () => {
    const own = await startPooler(inject('serverUrl'), { mode: 'session' })
    onTestFinished(own.stop)
    const { told } = await startOban({
      database: own.through(database.url),
      workers: [workerModule],
      queues: { default: 5 },
      stager: { interval: { hours: 1 } },
    })
    await told.hears()

    await database.query(`INSERT INTO oban_jobs (worker) VALUES ('Echo')`)
    await database.query(`SELECT pg_notify('public.oban_insert', '{"queue":"default"}')`)
    await told.count('job.stop', 1)
  })
})
