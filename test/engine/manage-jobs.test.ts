import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { executingJobs } from '../../src/engine/jobs.ts'
import { getJob } from '../../src/engine/managed-jobs.ts'
import { cancelJobs, deleteJobs, retryJobs } from '../../src/engine/search.ts'
import { rescueJobs } from '../../src/engine/producers.ts'
import { parseJob } from '../../src/job.ts'
import { CLAIMED_AT, executing, schemas, useBench, type Bench } from './statements.ts'

const only = (id: string) => ({ ids: [Number(id)] })
const cancelJob = ({ client, prefix }: Bench['db'], id: string) =>
  cancelJobs(client, prefix, only(id), 'test.signal')
const retryJob = ({ client, prefix }: Bench['db'], id: string) =>
  retryJobs(client, prefix, only(id), null)
const deleteJob = ({ client, prefix }: Bench['db'], id: string) =>
  deleteJobs(client, prefix, only(id))
const done = { count: 1 }
const nothing = { count: 0, queues: [], executing: [] }

const ENDED = ['completed', 'cancelled', 'discarded']
const WAITING = ['available', 'scheduled', 'retryable', 'suspended']

describe.each(schemas)('cancel_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test.each(WAITING)('cancels a job that is %s, and signals nobody', async (state) => {
    const { db, insert, job, session } = await start()
    const id = await insert({ state: `'${state}'` })
    const { client } = await session()
    const heard: unknown[] = []
    client.on('notification', ({ payload }) => heard.push(payload))
    await client.query('LISTEN "test.signal"')

    expect(await cancelJob(db, id)).toMatchObject(done)
    await client.query('SELECT')
    expect(heard).toEqual([])
    expect(await job(id)).toMatchObject({
      state: 'cancelled',
      cancelled_at: expect.stringMatching(/^\d{4}-/),
      errors: [],
    })
  })

  test('signals every node when the job is executing', async () => {
    const { db, insert, job, session } = await start()
    const id = await insert(executing(randomUUID()))
    const { client } = await session()
    const heard: unknown[] = []
    client.on('notification', ({ payload = '' }) => heard.push(JSON.parse(payload)))
    await client.query('LISTEN "test.signal"')
    await cancelJob(db, id)
    await client.query('SELECT')

    expect(heard).toEqual([{ action: 'pkill', job_id: Number(id) }])
    expect(await job(id)).toMatchObject({ state: 'cancelled', attempt: 1 })
  })

  test.each(ENDED)('leaves alone a job that is %s', async (state) => {
    const { db, insert, job } = await start()
    const id = await insert({ state: `'${state}'` })
    const before = await job(id)

    expect(await cancelJob(db, id)).toEqual(nothing)
    expect(await job(id)).toEqual(before)
  })
})

const cancelledAgo = (seconds: number) => ({
  state: `'cancelled'`,
  cancelled_at: `timezone('UTC', now()) - interval '${seconds} seconds'`,
})

describe.each(schemas)('retry_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)
  const ended = { completed_at: 'now()', cancelled_at: `'2020-01-01'`, discarded_at: 'now()' }

  test.each([...ENDED, 'scheduled', 'retryable', 'suspended'])(
    'makes a job run again that is %s',
    async (state) => {
      const { db, queue, insert, job } = await start()
      const id = await insert({ ...ended, state: `'${state}'`, attempt: '4', max_attempts: '4' })

      expect(await retryJob(db, id)).toMatchObject({ count: 1, queues: [queue] })
      expect(await job(id)).toMatchObject({
        state: 'available',
        attempt: 4,
        max_attempts: 5,
        completed_at: null,
        cancelled_at: null,
        discarded_at: null,
      })
    },
  )

  test('keeps the attempts of a job that has some left', async () => {
    const { db, insert, job } = await start()
    const id = await insert({ state: `'retryable'`, attempt: '2', max_attempts: '9' })
    await retryJob(db, id)

    expect(await job(id)).toMatchObject({ attempt: 2, max_attempts: 9 })
  })

  test.each(['available', 'executing'])('leaves alone a job that is %s', async (state) => {
    const { db, insert } = await start()
    const id = await insert({ state: `'${state}'` })

    expect(await retryJob(db, id)).toEqual(nothing)
  })

  test('waits while a live producer may not have heard of the cancellation', async () => {
    const { db, insert, job, producer, sql } = await start()
    const uuid = await producer()
    const id = await insert(executing(uuid, cancelledAgo(24)))
    const [due] = await sql(
      `SELECT cancelled_at + interval '25 seconds' AS at FROM /*prefix*/oban_jobs WHERE id = ${id}`,
    )

    expect(await retryJob(db, id)).toMatchObject({ count: 1, queues: [] })
    const [row] = await sql(`SELECT scheduled_at AS at FROM /*prefix*/oban_jobs WHERE id = ${id}`)
    expect(row).toEqual(due)
    expect(await job(id)).toMatchObject({ state: 'scheduled', cancelled_at: null })
  })

  test('does not wait for one that is dead, unknown or must have heard', async () => {
    const { db, queue, insert, producer } = await start()
    const [alive, dead] = [await producer(), await producer()]
    await rescueJobs(db, dead, '0', '{}', 'nowhere', 100)
    const ids = [
      await insert(executing(alive, cancelledAgo(26))),
      await insert(executing(dead, cancelledAgo(1))),
      await insert(executing(randomUUID(), cancelledAgo(1))),
      await insert(cancelledAgo(1)),
    ]

    for (const id of ids)
      expect(await retryJob(db, id)).toMatchObject({ count: 1, queues: [queue] })
  })
})

describe.each(schemas)('delete_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test('deletes a job unless it is executing', async () => {
    const { db, insert, job } = await start()
    const running = await insert(executing(randomUUID()))
    expect(await deleteJob(db, running)).toEqual(nothing)
    expect(await job(running)).toMatchObject({ state: 'executing' })

    for (const state of [...ENDED, ...WAITING]) {
      const id = await insert({ state: `'${state}'` })
      expect(await deleteJob(db, id)).toMatchObject(done)
      expect(await deleteJob(db, id)).toEqual(nothing)
    }
  })
})

describe.each(schemas)('get_job in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test('reads every column, in any DateStyle and time zone', async () => {
    const { db, queue, insert, session } = await start()
    const uuid = randomUUID()
    const id = await insert(executing(uuid, { tags: `'{a,"b \\"c\\""}'`, meta: `'{"ä": [1]}'` }))
    const { client } = await session()
    await client.query(`SET DateStyle = 'German'; SET TimeZone = 'Asia/Kathmandu'`)
    const rows = [
      await getJob(client, prefix, Number(id)),
      await getJob(db.client, prefix, Number(id)),
    ]

    expect(rows[0]).toEqual(rows[1])
    expect(rows[0] && parseJob(rows[0])).toMatchObject({
      id: Number(id),
      queue,
      tags: ['a', 'b "c"'],
      meta: { ä: [1] },
      errors: [],
      attemptedBy: ['node', uuid],
      attemptedAt: new Date(`${CLAIMED_AT.replace(' ', 'T')}Z`),
      completedAt: null,
    })
    expect(await getJob(client, prefix, 999_999_999)).toBe(undefined)
  })
})

describe.each(schemas)('executing_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test('names the claims of the producers, to the microsecond', async () => {
    const { db, queue, insert } = await start()
    const [mine, other] = [randomUUID(), randomUUID()]
    const id = await insert(executing(mine, { attempt: '3' }))
    await insert(executing(other))
    await insert(executing(mine, { state: `'completed'` }))
    await insert(executing(mine, { queue: `'elsewhere'` }))

    expect(await executingJobs(db, [queue], [mine])).toEqual([
      { id, attempt: '3', attempted_at: CLAIMED_AT, uuid: mine },
    ])
  })
})
