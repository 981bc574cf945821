import { Client } from 'pg'
import { beforeEach, describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { defineWorker } from '../../src/worker.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { makeOban, startOban } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs'))

const Note = defineWorker({ name: 'Note', args: typed<{ n: number }>(), process: () => {} })

/** A connection of the caller; the queue's stager looks too rarely to help. */
async function startTransaction() {
  const started = await startOban({
    database: database.url,
    workers: [Note],
    queues: { default: { limit: 10, execution: 'inline' } },
    stager: { interval: { minutes: 10 } },
  })
  await started.told.hears()
  await started.told.until('producer.fetch')
  const client = await connect()
  await client.query('BEGIN')

  return { ...started, client }
}

function connect() {
  return connectTo(database.url)
}

const stored = () => database.query<{ id: string }>('SELECT id FROM oban_jobs ORDER BY id')

describe("a caller's transaction", () => {
  test('keeps a job from running until it commits, and then wakes its queue at once', async () => {
    const { oban, told, client } = await startTransaction()
    const job = await Note.enqueue({ n: 1 }, { oban, client })
    expect(await oban.getJob(job.id)).toBe(undefined)
    expect((await oban.getJob(job.id, { client }))?.id).toBe(job.id)
    expect(told.all('job.start')).toEqual([])

    await client.query('COMMIT')
    await told.ended(job.id)
    expect(await oban.getJob(job.id)).toMatchObject({ state: 'completed', attempt: 1 })
  })

  test('takes its jobs and their announcements back with a rollback', async () => {
    const { oban, told, client } = await startTransaction()
    const listener = await connect()
    const heard: string[] = []
    listener.on('notification', ({ payload = '' }) => heard.push(JSON.parse(payload).queue))
    await listener.query('LISTEN "public.oban_insert"')

    await oban.enqueueMany([Note.new({ n: 1 }), Note.new({ n: 2 })], { client })
    await client.query('ROLLBACK')
    // Notifications arrive in the order of commits: after this one, none of before can come.
    await client.query(`SELECT pg_notify('public.oban_insert', '{"queue":"last"}')`)
    await listener.query('SELECT')

    expect(heard).toEqual(['last'])
    expect(await stored()).toEqual([])
    // Nothing but the look of its start.
    expect(told.all('producer.fetch')).toHaveLength(1)
  })

  test('keeps what was enqueued outside of a savepoint that is rolled back', async () => {
    const { oban, told, client } = await startTransaction()
    const kept = await Note.enqueue({ n: 1 }, { oban, client })
    await client.query('SAVEPOINT inner_part')
    await Note.enqueue({ n: 2 }, { oban, client })
    await client.query('ROLLBACK TO SAVEPOINT inner_part')
    const after = await Note.enqueue({ n: 3 }, { oban, client })
    await client.query('COMMIT')
    await told.count('job.stop', 2)

    expect(await stored()).toEqual([{ id: String(kept.id) }, { id: String(after.id) }])
  })

  test('announces each queue once, and none that has only scheduled jobs', async () => {
    const { oban, client } = await startTransaction()
    const listener = await connect()
    const heard: string[] = []
    listener.on('notification', ({ payload = '' }) => heard.push(JSON.parse(payload).queue))
    await listener.query('LISTEN "public.oban_insert"')

    const soon = Array.from({ length: 1_500 }, (_, n) => Note.new({ n }, { queue: 'other' }))
    await oban.enqueueMany([...soon, Note.new({ n: 1 }, { queue: 'later', scheduleIn: 60 })], {
      client,
    })
    await client.query('COMMIT')
    await listener.query('SELECT')

    expect(heard).toEqual(['other'])
  })

  test('fails with the statement, as any other statement of it would', async () => {
    const { oban, client } = await startTransaction()
    await expect(client.query('SELECT 1/0')).rejects.toThrow('division by zero')
    await expect(Note.enqueue({ n: 1 }, { oban, client })).rejects.toMatchObject({ code: '25P02' })
  })

  test('needs no database in the options', async () => {
    const { oban } = makeOban({})
    const client = await connect()
    const job = await Note.enqueue({ n: 1 }, { oban, client })

    expect(await Note.get(job.id, { oban, client })).toMatchObject({ args: { n: 1 } })
    await expect(Note.enqueue({ n: 1 }, { oban })).rejects.toMatchObject({ code: 'OBAN_CONFIG' })
  })
})

describe("a caller's client", () => {
  test('may parse types as it likes', async () => {
    const { oban } = makeOban({ database: database.url })
    const parsers = [
      (value: string) => value,
      (value: string) => (value.startsWith('[') || value.startsWith('{') ? JSON.parse(value) : 7),
    ]
    for (const parse of parsers) {
      const client = new Client({
        connectionString: database.url,
        types: { getTypeParser: () => parse },
      })
      await client.connect()
      const options = { oban, client }
      const job = await Note.enqueue({ n: 1 }, { ...options, tags: ['ä', 'b "c"'] })
      const read = await Note.get(job.id, options)
      await client.end()

      expect(job).toMatchObject({ args: { n: 1 }, tags: ['ä', 'b "c"'], state: 'available' })
      expect(read).toEqual(job)
      expect(await oban.getJob(job.id)).toEqual(job)
    }
  })

  test('may be anything with a `query` that resolves to rows', async () => {
    const { oban } = makeOban({ database: database.url })
    const client = {
      query: async (text: string, values: unknown[]): Promise<unknown[]> =>
        (await database.pool.query(text, values)).rows,
    }
    const [first, second] = await oban.enqueueMany([Note.new({ n: 1 }), Note.new({ n: 2 })], {
      client,
    })

    expect(first?.args).toEqual({ n: 1 })
    expect(await oban.getJob(Number(second?.id), { client })).toMatchObject({ args: { n: 2 } })
  })

  test('is refused when it answers with something else', async () => {
    const { oban } = makeOban({ database: database.url })
    const client = { query: () => Promise.resolve(JSON.parse('5')) }

    await expect(oban.enqueue(Note.new({ n: 1 }), { client })).rejects.toThrow(
      new ConfigError([
        {
          path: 'client',
          message: 'must have a query() that resolves to rows or { rows }, got 5',
        },
      ]),
    )
  })

  test('is refused when it is none, such as a query builder', async () => {
    const { oban } = makeOban({ database: database.url })
    for (const wrong of [{}, null, 'x', { query: 5 }]) {
      // @ts-expect-error no client
      const refused = Note.enqueue({ n: 1 }, { oban, client: wrong })
      await expect(refused).rejects.toThrow(
        new ConfigError([
          {
            path: 'client',
            message: 'must have a function query(text, values), as a Client of pg has',
          },
        ]),
      )
    }
  })
})

describe('a stream of jobs', () => {
  async function* notes(count: number, wrongAt = -1) {
    const client = await connect()
    for (let n = 0; n < count; n += 1) {
      if (n === count - 1) seen = (await client.query('SELECT id FROM oban_jobs')).rows.length
      yield Note.new({ n }, { priority: n === wrongAt ? 10 : 0 })
    }
  }
  let seen = 0

  test('commits chunk by chunk; a refusal leaves what was committed', async () => {
    const { oban } = makeOban({ database: database.url })
    expect(await oban.enqueueMany(notes(2_500))).toEqual({ inserted: 2_500, conflicts: 0 })
    expect(seen).toBe(2_000)

    const refused = oban.enqueueMany(notes(2_500, 2_200))
    await expect(refused).rejects.toMatchObject({
      code: 'OBAN_STREAM_INSERT',
      inserted: 2_000,
      cause: { code: 'OBAN_INVALID_JOB' },
    })
    expect(await stored()).toHaveLength(4_500)
    expect(await oban.enqueueMany(notes(0))).toEqual({ inserted: 0, conflicts: 0 })
  })

  test('is all or nothing when asked to be', async () => {
    const { oban } = makeOban({ database: database.url })
    const atomic = true
    expect(await oban.enqueueMany(notes(1_200), { atomic })).toEqual({
      inserted: 1_200,
      conflicts: 0,
    })
    expect(seen).toBe(0)

    const refused = oban.enqueueMany(notes(2_500, 2_200), { atomic })
    await expect(refused).rejects.toMatchObject({ code: 'OBAN_INVALID_JOB' })
    expect(await stored()).toHaveLength(1_200)
  })
})

test('large jobs go to the database in several statements, and one transaction', async () => {
  const { oban } = makeOban({ database: database.url })
  const client = await connect()
  const sent: number[] = []
  const large = {
    query: async (text: string, values: (string | null)[]) => {
      sent.push(Math.round(String(values[0]).length / 1e6))

      return client.query(text, values)
    },
  }
  const jobs = Array.from({ length: 7 }, (_, n) =>
    Note.new({ n: 1 }, { meta: { large: `${n}${'x'.repeat(3e6)}` } }),
  )
  expect(await oban.enqueueMany(jobs, { client: large })).toHaveLength(7)
  expect(sent).toEqual([9, 9, 3])

  expect(await oban.enqueueMany(jobs)).toHaveLength(7)
  const transactions = await database.query('SELECT count(*) FROM oban_jobs GROUP BY xmin::text')
  expect(transactions).toContainEqual({ count: '7' })
})

test('only jobs can be enqueued: what new() made, not the worker itself', async () => {
  const { oban } = makeOban({ database: database.url })
  const refusal = { code: 'OBAN_INVALID_JOB', worker: 'Note' }
  // @ts-expect-error new() was forgotten
  await expect(oban.enqueue(Note)).rejects.toMatchObject(refusal)
  // @ts-expect-error likewise
  await expect(oban.enqueueMany([Note])).rejects.toMatchObject(refusal)
  // @ts-expect-error nothing at all
  await expect(oban.enqueue()).rejects.toMatchObject({ ...refusal, worker: 'unknown' })
})
