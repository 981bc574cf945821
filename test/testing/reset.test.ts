import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { defineWorker, typed } from '../../src/index.ts'
import { reset } from '../../src/testing/index.ts'
import { onReset } from '../../src/testing/reset.ts'
import { createEmptyDatabase, loadFixture } from '../engine/empty-database.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => reset(database.pool))
afterEach(() => vi.unstubAllEnvs())

const Note = defineWorker({
  name: 'Reset.Note',
  args: typed<{ text?: string }>(),
  process: () => {},
})

const make = () => makeOban({ database: database.url, testing: 'manual' })

const counts = async () => {
  const [found] = await database.query<Record<string, string>>(
    `SELECT (SELECT count(*) FROM oban_jobs) AS jobs,
            (SELECT count(*) FROM oban_ts_producers) AS producers,
            (SELECT count(*) FROM oban_ts_leaders) AS leaders,
            (SELECT count(*) FROM oban_ts_crons) AS crons`,
  )

  return found
}

/** What a test that ended badly leaves behind. */
const leave = async () => {
  await make().oban.enqueueMany([Note.new({}), Note.new({})])
  await database.query(
    `WITH producer AS (
       INSERT INTO oban_ts_producers (uuid, name, node, queue)
       VALUES (gen_random_uuid(), 'Oban', 'gone', 'default')
     ), leader AS (
       INSERT INTO oban_ts_leaders VALUES ('Oban', 'gone', now(), now())
     )
     INSERT INTO oban_ts_crons VALUES ('Oban', 'Note', now())`,
  )
}

const none = { jobs: '0', producers: '0', leaders: '0', crons: '0' }

describe('reset', () => {
  test('empties the tables of an instance, and begins the ids anew', async () => {
    const { oban } = make()
    await leave()
    const recorded = await database.query('SELECT * FROM oban_ts_migrations')
    await reset(oban)

    expect(await counts()).toEqual(none)
    expect(recorded.length).toBeGreaterThan(0)
    expect(await database.query('SELECT * FROM oban_ts_migrations')).toEqual(recorded)
    expect((await oban.enqueue(Note.new({}))).id).toBe(1)
  })

  test('takes a pool', async () => {
    await leave()
    await reset(database.pool)

    expect(await counts()).toEqual(none)
  })

  test('is part of the transaction of a client', async () => {
    await leave()
    const client = await database.pool.connect()
    onTestFinished(() => client.release())
    await client.query('BEGIN')
    await reset(client)
    const { rows } = await client.query('SELECT FROM oban_jobs')
    const { rows: timeouts } = await client.query('SHOW lock_timeout')
    await client.query('ROLLBACK')

    expect(rows).toEqual([])
    expect(timeouts).toEqual([{ lock_timeout: '0' }])
    expect(await counts()).toMatchObject({ jobs: '2' })
  })

  test.each(["te'st", 'te"st', 'a.b $1', '$$'])('looks into the schema %s only', async (prefix) => {
    const empty = await createEmptyDatabase()
    const client = await empty.connect()
    await install(client, { prefix: 'public' })
    await install(client, { prefix })
    const all = [
      makeOban({ database: empty.url, testing: 'manual' }),
      makeOban({ database: empty.url, testing: 'manual', prefix }),
    ].map(({ oban }) => oban)
    for (const oban of all) await oban.enqueue(Note.new({}))
    await reset(client, { prefix })

    const left = await Promise.all(all.map(async (oban) => (await oban.listJobs()).jobs.length))
    expect(left).toEqual([1, 0])
  })

  test('empties a jobs table that Elixir made, without tables of ours', async () => {
    const empty = await createEmptyDatabase()
    const client = await empty.connect()
    await loadFixture(client, 'schema_elixir')
    await makeOban({ database: empty.url, testing: 'manual' }).oban.enqueue(Note.new({}))
    await reset(client)

    expect((await client.query('SELECT FROM oban_jobs')).rows).toEqual([])
  })

  test('forgets what ran inline, without a database', async () => {
    const { oban } = makeOban({ testing: 'inline' })
    const job = await oban.enqueue(Note.new({}))
    await reset(oban)

    expect(await oban.getJob(job.id)).toBe(undefined)
    expect((await oban.enqueue(Note.new({}))).id).toBe(1)
  })

  test('tells who listens, until they do not', async () => {
    const told: string[] = []
    const end = onReset(() => told.push('reset'))
    await reset(database.pool)
    end()
    await reset(database.pool)

    expect(told).toEqual(['reset'])
  })

  test('refuses in production, unless by force', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    await leave()

    await expect(reset(make().oban)).rejects.toMatchObject({
      code: 'OBAN_TESTING',
      message:
        'reset() deletes every job, and NODE_ENV is "production"; ' +
        'if this database is one for tests, pass { force: true }',
    })
    expect(await counts()).toMatchObject({ jobs: '2' })
    await reset(make().oban, { force: true })
    expect(await counts()).toEqual(none)
  })

  test('refuses while queues run, unless by force', async () => {
    const { oban } = await startOban({
      database: database.url,
      workers: [Note],
      queues: { default: { limit: 1, execution: 'inline', paused: true } },
    })

    await expect(reset(oban)).rejects.toThrow(
      `reset() would take away jobs that the instance "${oban.name}" is running: ` +
        "await its stop() first, give it { testing: 'manual' }",
    )
    await reset(oban, { force: true })
    await oban.stop()
    await expect(reset(oban)).rejects.toMatchObject({ code: 'OBAN_STOPPED' })
  })

  test('does not wait for ever for a transaction that was left open', async () => {
    const client = await database.pool.connect()
    onTestFinished(() => client.release())
    await client.query('BEGIN; SELECT FROM oban_jobs')

    await expect(reset(database.pool)).rejects.toThrow(
      'reset() waited 5 seconds for the tables of schema "public", which another connection holds: ' +
        'look for a transaction that a test left open, and for a node that still runs',
    )
    await client.query('ROLLBACK')
  })

  test('says that the tables are missing', async () => {
    await expect(reset(database.pool, { prefix: 'nowhere' })).rejects.toMatchObject({
      code: 'OBAN_SCHEMA_MISSING',
      message: expect.stringContaining('run `oban install --prefix nowhere`'),
    })
  })

  test.each([
    ['postgres://localhost', /reset\(\) needs an Oban instance, or a connection or pool/],
    [undefined, /reset\(\) needs an Oban instance.*got undefined/],
    [{ selectFrom() {}, executeQuery() {} }, /Kysely: pass fromKysely\(trx\)/],
    [{}, /client: must have a function query/],
  ])('refuses %s', async (target, message) => {
    await expect(reset(target as never)).rejects.toThrow(message)
  })

  test('refuses options that it has not', async () => {
    await expect(reset(database.pool, { perfix: 'x' } as never)).rejects.toThrow(
      'perfix: is not an option (did you mean "prefix"?)',
    )
    await expect(reset(make().oban, { prefix: 'x' } as never)).rejects.toThrow(
      'prefix: is not an option',
    )
  })
})
