import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { defineWorker } from '../../src/worker.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { makeOban, startOban } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs'))

const Note = defineWorker({
  name: 'Note',
  queue: 'notes',
  args: typed<{ n: number; deep?: { a: number } }>(),
  process: () => {},
})
const Other = defineWorker({ name: 'Other', process: () => {} })

const start = () => makeOban({ database: database.url }).oban

function connect() {
  return connectTo(database.url)
}

/** What is announced to a channel, in the order of the commits up to the answer. */
async function hear(channel: string) {
  const client = await connect()
  const heard: unknown[] = []
  client.on('notification', ({ payload = '' }) => heard.push(JSON.parse(payload)))
  await client.query(`LISTEN "${channel}"`)

  return async () => {
    await client.query('SELECT')

    return heard
  }
}

const states = () =>
  database.query<{ state: string; count: string }>(
    'SELECT state::text, count(*) FROM oban_jobs GROUP BY 1 ORDER BY 1',
  )

describe('listJobs', () => {
  test.each([
    [{ worker: Note }, [0, 1, 2]],
    [{ queue: 'notes', state: 'available' as const }, [0, 1]],
    [{ state: ['scheduled' as const, 'cancelled' as const] }, [2]],
    [{ tags: ['Red', 'big'] }, [1]],
    [{ args: { deep: { a: 1 } } }, [1, 2]],
    [{ meta: { tenant: 7 } }, [0]],
    [{ priority: [3, 4], queue: ['notes', 'default'] }, [2]],
  ])('finds what fits %j', async (filter, expected) => {
    const oban = start()
    await oban.enqueueMany([
      Note.new({ n: 0 }, { meta: { tenant: 7, more: true }, tags: ['red'] }),
      Note.new({ n: 1, deep: { a: 1 } }, { tags: ['big', 'red', 'old'] }),
      Note.new({ n: 2, deep: { a: 1 } }, { priority: 3, scheduleIn: 60 }),
      Other.new({}),
    ])
    const { jobs, next } = await oban.listJobs({ ...filter, order: 'oldest' })

    expect(jobs.map(({ args }) => args['n'])).toEqual(expected)
    expect(next).toBe(undefined)
  })

  test('goes through pages while jobs are inserted and deleted', async () => {
    const oban = start()
    const first = await oban.enqueueMany(Array.from({ length: 25 }, (_, n) => Note.new({ n })))
    const seen: number[] = []
    let after: string | undefined
    do {
      const page = await oban.listJobs({ queue: 'notes', limit: 10, after })
      seen.push(...page.jobs.map(({ id }) => id))
      after = page.next
      await oban.enqueue(Note.new({ n: -1 }))
      // One that was seen, and one that would come next.
      await oban.deleteManyJobs([Number(seen.at(-1)), Number(seen.at(-1)) - 1])
    } while (after !== undefined)

    const ids = first.map(({ id }) => id).toReversed()
    const deletedBeforeSeen = new Set([Number(ids[10]), Number(ids[21])])
    expect(seen).toEqual(ids.filter((id) => !deletedBeforeSeen.has(id)))
  })

  test('shows jobs whole', async () => {
    const oban = start()
    const job = await oban.enqueue(Note.new({ n: 1 }, { tags: ['a "b"'], meta: { ä: [1] } }))

    expect((await oban.listJobs()).jobs).toEqual([job])
    expect((await oban.listJobs({ ids: job.id })).jobs).toEqual([await oban.getJob(job.id)])
  })

  test('keeps values out of its SQL', async () => {
    const oban = start()
    const hostile = `a', ''); DROP TABLE oban_jobs; -- $1 \\" {}`
    await oban.enqueue(Note.new({ n: 1 }, { queue: hostile, tags: [hostile], meta: { hostile } }))

    const filter = { queue: hostile, tags: hostile, meta: { hostile } }
    expect((await oban.listJobs(filter)).jobs).toHaveLength(1)
    expect((await oban.listJobs({ ...filter, queue: 'a' })).jobs).toEqual([])
  })
})

describe('many jobs', () => {
  test('are cancelled, each that is executing with a signal', async () => {
    const oban = start()
    const heard = await hear('public.oban_signal')
    const jobs = await oban.enqueueMany([
      Note.new({ n: 1 }),
      Note.new({ n: 2 }),
      Note.new({ n: 3 }),
    ])
    const [running, , ended] = jobs.map(({ id }) => id)
    await database.query(`UPDATE oban_jobs SET state = 'executing' WHERE id = $1`, [running])
    await database.query(`UPDATE oban_jobs SET state = 'completed' WHERE id = $1`, [ended])

    expect(await oban.cancelManyJobs({ worker: 'Note' })).toBe(2)
    expect(await heard()).toEqual([{ action: 'pkill', job_id: running }])
    expect(await states()).toEqual([
      { state: 'cancelled', count: '2' },
      { state: 'completed', count: '1' },
    ])
    expect(await oban.cancelManyJobs({ all: true })).toBe(0)
  })

  test('are retried, their queues announced, and run', async () => {
    const { oban, told } = await startOban({
      database: database.url,
      workers: [Note],
      queues: { notes: { limit: 10, execution: 'inline' } },
      stager: { interval: { minutes: 10 } },
    })
    const heard = await hear('public.oban_insert')
    await database.query(
      `INSERT INTO oban_jobs (worker, queue, state, attempt, max_attempts, discarded_at)
       SELECT 'Note', 'notes', 'discarded', 20, 20, now() FROM generate_series(1, 50)`,
    )

    expect(await oban.retryManyJobs({ state: 'discarded', queue: 'notes' })).toBe(50)
    await told.count('job.stop', 50)
    expect(await states()).toEqual([{ state: 'completed', count: '50' }])
    expect(await heard()).toContainEqual({ queue: 'notes' })
  })

  test('are deleted unless they execute', async () => {
    const oban = start()
    const jobs = await oban.enqueueMany([Note.new({ n: 1 }), Note.new({ n: 2 })])
    const [running] = jobs.map(({ id }) => id)
    await database.query(`UPDATE oban_jobs SET state = 'executing' WHERE id = $1`, [running])

    expect(await oban.deleteManyJobs(jobs.map(({ id }) => id))).toBe(1)
    expect(await states()).toEqual([{ state: 'executing', count: '1' }])
  })

  test('are left alone by an empty filter and by no ids', async () => {
    const oban = start()
    await oban.enqueue(Note.new({ n: 1 }))
    for (const change of ['retryManyJobs', 'cancelManyJobs', 'deleteManyJobs'] as const) {
      await expect(oban[change]({})).rejects.toMatchObject({ code: 'OBAN_INVALID_FILTER' })
      expect(await oban[change]([])).toBe(0)
    }

    expect(await states()).toEqual([{ state: 'available', count: '1' }])
  })

  test('are changed by pages, none twice and none that came later', async () => {
    const oban = start()
    await database.query(
      `INSERT INTO oban_jobs (worker, state) SELECT 'Note', 'cancelled' FROM generate_series(1, 12001)`,
    )
    const client = await connect()
    // Between two pages others insert.
    let statements = 0
    const between = {
      query: async (text: string, values: unknown[]) => {
        statements += 1
        await database.query(`INSERT INTO oban_jobs (worker, state) VALUES ('Note', 'cancelled')`)

        return client.query(text, values)
      },
    }

    expect(await oban.retryManyJobs({ worker: 'Note' }, { client: between })).toBe(12_002)
    expect(statements).toBe(3)
    expect(await states()).toEqual([
      { state: 'available', count: '12002' },
      { state: 'cancelled', count: '2' },
    ])
  })

  test('ride in the transaction of a client, with what they announce', async () => {
    const oban = makeOban({}).oban
    const client = await connect()
    const signals = await hear('public.oban_signal')
    const inserts = await hear('public.oban_insert')
    await database.query(
      `INSERT INTO oban_jobs (worker, state)
       VALUES ('Note', 'executing'), ('Note', 'completed'), ('Other', 'scheduled')`,
    )
    const change = async (end: string) => {
      await client.query('BEGIN')
      const counts = [
        await oban.cancelManyJobs({ state: 'executing' }, { client }),
        await oban.retryManyJobs({ state: 'completed' }, { client }),
        await oban.deleteManyJobs({ worker: Other }, { client }),
      ]
      await client.query(end)

      return counts
    }

    expect(await change('ROLLBACK')).toEqual([1, 1, 1])
    expect([await signals(), await inserts()]).toEqual([[], []])
    expect(await change('COMMIT')).toEqual([1, 1, 1])
    expect([await signals(), await inserts()]).toMatchObject([
      [{ action: 'pkill' }],
      [{ queue: 'default' }],
    ])
    expect(await states()).toEqual([
      { state: 'available', count: '1' },
      { state: 'cancelled', count: '1' },
    ])
  })

  test('are left alone when an option is not known, which may have been their client', async () => {
    const oban = start()
    await oban.enqueue(Note.new({ n: 1 }))
    const slip: object = { clent: await connect() }
    const refused = { code: 'OBAN_CONFIG', problems: [{ path: 'clent', suggestion: 'client' }] }

    await expect(oban.cancelManyJobs({ all: true }, slip)).rejects.toMatchObject(refused)
    await expect(oban.retryManyJobs({ all: true }, slip)).rejects.toMatchObject(refused)
    await expect(oban.deleteManyJobs({ all: true }, slip)).rejects.toMatchObject(refused)
    await expect(oban.deleteJob(1, slip)).rejects.toMatchObject(refused)
    await expect(oban.retryJob(1, slip)).rejects.toMatchObject(refused)
    expect(await states()).toEqual([{ state: 'available', count: '1' }])
  })

  test('are never those that do not fit any more once their lock is free', async () => {
    const oban = start()
    const { id } = await oban.enqueue(Note.new({ n: 1 }))
    const client = await connect()
    await client.query('BEGIN')
    await client.query(`UPDATE oban_jobs SET queue = $1 WHERE id = $2`, [randomUUID(), id])
    const deleted = oban.deleteManyJobs({ queue: 'notes' })
    // Until it waits for the lock.
    await database.query(`DO $$ BEGIN
      WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) LOOP PERFORM pg_stat_clear_snapshot(); END LOOP;
    END $$`)
    await client.query('COMMIT')

    expect(await deleted).toBe(0)
  })
})
