import { Pool, type PoolConfig } from 'pg'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { defineWorker } from '../../src/worker.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { useDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { startOban } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs'))

const Echo = defineWorker({
  name: 'Echo',
  args: typed<{ n: number }>(),
  process: () => {},
})

function openPool(options: PoolConfig): Pool {
  const pool = new Pool(options)
  // The database is dropped while connections still close.
  pool.on('error', () => {})
  onTestFinished(() => pool.end())

  return pool
}

describe("the application's pool", () => {
  test('may be held by jobs to the last connection without holding up the runtime', async () => {
    const pool = openPool({ connectionString: database.url, max: 2 })
    const held = gate()
    const Hold = defineWorker({
      name: 'Hold',
      args: typed<{ n: number }>(),
      process: async () => {
        const client = await pool.connect()
        try {
          await held.pass()
          await client.query('SELECT 1')
        } finally {
          client.release()
        }
      },
    })
    const Quick = defineWorker({ name: 'Quick', process: () => {} })
    const { oban, told } = await startOban({
      database: { pool },
      workers: [Hold, Quick],
      queues: {
        default: { limit: 4, execution: 'inline' },
        other: { limit: 1, execution: 'inline' },
      },
    })
    await oban.enqueueMany([1, 2, 3, 4].map((n) => Hold.new({ n })))
    await held.reached(2)
    expect(pool.idleCount).toBe(0)
    // The pool has no connection left; the runtime fetches, runs and acknowledges without it.
    await database.query(`INSERT INTO oban_jobs (worker, queue) VALUES ('Quick', 'other')`)
    await told.until('job.stop', ({ worker }) => worker === 'Quick')
    held.open()
    await told.count('job.stop', 5)

    expect(told.all('query.failed')).toEqual([])
  })

  test('is left open by stop()', async () => {
    const pool = openPool({ connectionString: database.url, max: 2 })
    const { oban } = await startOban({ database: { pool } })
    await oban.enqueue('Echo', {})
    await oban.stop()

    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  test('may be one whose clients tell of no losses', async () => {
    const pool = openPool({ connectionString: database.url, max: 2 })
    const alike = {
      options: pool.options,
      query: (text: string, values?: unknown[]) => pool.query(text, values),
      connect: async () => {
        const client = await pool.connect()

        return {
          query: client.query.bind(client),
          release: client.release.bind(client),
        }
      },
    }
    const { oban } = await startOban({ database: { pool: alike } })
    const unique = { unique: true } as const
    const jobs = await oban.enqueueMany([Echo.new({ n: 1 }, unique), Echo.new({ n: 2 }, unique)])

    expect(jobs.map(({ args }) => args)).toEqual([{ n: 1 }, { n: 2 }])
    expect(pool.idleCount).toBe(pool.totalCount)
  })

  test('gives the runtime its password, which a copy of its options lacks', async () => {
    const role = `${new URL(database.url).pathname.slice(1)}_role`
    await database.query(`CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD 'secret'`)
    onTestFinished(async () => {
      await database.query(`DROP ROLE ${role}`)
    })
    const { hostname, port, pathname } = new URL(database.url)
    const asked: string[] = []
    const pool = openPool({
      host: hostname,
      port: Number(port),
      database: pathname.slice(1),
      user: role,
      password: () => {
        asked.push(role)

        return 'secret'
      },
    })
    expect(Object.keys(pool.options)).not.toContain('password')
    const { oban, told } = await startOban({
      database: { pool },
      queues: { default: { limit: 1, execution: 'inline' } },
    })
    await told.hears()
    const users = await database.query<{ usename: string }>(
      `SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name LIKE 'oban-ts:%'
          AND datname = current_database()`,
    )
    await oban.stop()

    expect(users).toEqual([{ usename: role }])
    // Or a server that asks for none has let everybody in.
    expect(asked.length === 0 || asked.length > 2).toBe(true)
  })

  test('keeps its own type parsers and search path out of what we read', async () => {
    const pool = openPool({
      connectionString: database.url,
      options: '-c search_path=pg_catalog -c DateStyle=German -c IntervalStyle=iso_8601',
      types: {
        getTypeParser: () => (text: string) => (/^[[{]/.test(text) ? JSON.parse(text) : 7),
      },
    })
    const Note = defineWorker({ name: 'Note', args: typed<{ n: number }>(), process: () => {} })
    const { oban, told } = await startOban({
      database: { pool },
      workers: [Note],
      queues: { default: { limit: 1, execution: 'inline' } },
    })
    const client = await pool.connect()
    onTestFinished(() => client.release())
    const job = await Note.enqueue(
      { n: 1 },
      { oban, scheduledAt: new Date('2020-02-03T04:05:06.789Z') },
    )
    await told.ended(job.id)

    expect(job.scheduledAt).toEqual(new Date('2020-02-03T04:05:06.789Z'))
    expect(await oban.getJob(job.id)).toMatchObject({
      state: 'completed',
      args: { n: 1 },
      scheduledAt: new Date('2020-02-03T04:05:06.789Z'),
    })
  })
})
