import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineWorker } from '../../src/worker.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { makeOban, startOban } from '../support/oban.ts'
import { gate } from '../support/gate.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs'))

const Note = defineWorker({
  name: 'Note',
  args: z.object({ n: z.number() }),
  maxAttempts: 5,
  process: () => {},
})

async function start(options: Parameters<typeof Note.enqueue>[1] = {}) {
  const { oban } = makeOban({ database: database.url })
  const job = await Note.enqueue({ n: 1 }, { oban, ...options })

  return { oban, job, id: job.id }
}

function connect() {
  return connectTo(database.url)
}

const setState = (id: number, state: string) =>
  database.query(`UPDATE oban_jobs SET state = $2::oban_job_state, attempt = 2 WHERE id = $1`, [
    id,
    state,
  ])

describe('updateJob', () => {
  test('changes what is given, and keeps the rest', async () => {
    const { oban, job, id } = await start({ tags: ['old'], meta: { a: 1 } })
    const updated = await oban.updateJob(id, {
      args: { n: 2 },
      queue: 'late',
      priority: 3,
      maxAttempts: 9,
      meta: { b: 2 },
    })

    expect(updated).toEqual({
      ...job,
      args: { n: 2 },
      queue: 'late',
      priority: 3,
      maxAttempts: 9,
      meta: { b: 2 },
    })
    expect(await oban.getJob(id)).toEqual(updated)
    expect(await oban.updateJob(id, { tags: [' New '], worker: 'Other' })).toMatchObject({
      tags: ['new'],
      worker: 'Other',
    })
  })

  test('makes the changes from the job as it is, whoever changes it meanwhile', async () => {
    const { oban, id } = await start({ meta: { count: 0 } })
    const count = () =>
      oban.updateJob(id, async ({ meta }) => {
        await Promise.resolve()

        return { meta: { count: Number(meta['count']) + 1 } }
      })
    await Promise.all(Array.from({ length: 5 }, count))

    expect(await oban.getJob(id)).toMatchObject({ meta: { count: 5 } })
  })

  test('waits for somebody who holds the job for a moment', async () => {
    const { oban, id } = await start()
    const client = await connect()
    await client.query('BEGIN')
    await client.query('SELECT FROM oban_jobs WHERE id = $1 FOR UPDATE', [id])
    // It has met the lock when it asks for the second time.
    let asked = 0
    const updated = oban.updateJob(id, async () => {
      asked += 1
      if (asked === 2) await client.query('ROLLBACK')

      return { priority: 1 }
    })

    expect(await updated).toMatchObject({ priority: 1 })
  })

  test('is refused while another transaction holds the job', async () => {
    const { oban, id } = await start()
    const client = await connect()
    await client.query('BEGIN')
    await client.query('SELECT FROM oban_jobs WHERE id = $1 FOR UPDATE', [id])
    await expect(oban.updateJob(id, { priority: 1 })).rejects.toMatchObject({
      code: 'OBAN_JOB_LOCKED',
      id,
    })
    await client.query('ROLLBACK')

    expect(await oban.updateJob(id, { priority: 1 })).toMatchObject({ priority: 1 })
  })

  test('changes a job twice in one transaction, or not at all', async () => {
    const { oban, id } = await start()
    const client = await connect()
    await client.query('BEGIN')
    await oban.updateJob(id, { priority: 1 }, { client })
    await oban.updateJob(id, ({ priority }) => ({ priority: priority + 1 }), { client })
    expect(await oban.getJob(id, { client })).toMatchObject({ priority: 2 })
    await client.query('ROLLBACK')

    expect(await oban.getJob(id)).toMatchObject({ priority: 0 })
  })

  test('schedules a job that waits, and wakes the queue of one that is available', async () => {
    const { oban, told } = await startOban({
      database: database.url,
      workers: [Note],
      queues: { late: { limit: 1, execution: 'inline' } },
      stager: { interval: { minutes: 10 } },
    })
    const { id } = await Note.enqueue({ n: 1 }, { oban })
    await oban.updateJob(id, { queue: 'late' })
    await told.ended(id)
    const later = await Note.enqueue({ n: 1 }, { oban })
    const updated = await oban.updateJob(later.id, { scheduleIn: { hours: 1 } })

    expect(updated.state).toBe('scheduled')
    expect(Number(updated.scheduledAt) - Date.now()).toBeGreaterThan(3_500_000)
    expect(await oban.updateJob(later.id, { scheduledAt: new Date(0) })).toMatchObject({
      state: 'scheduled',
      scheduledAt: new Date(0),
    })
  })

  test.each(['executing', 'completed', 'cancelled', 'discarded'])(
    'refuses a schedule for a job that is %s',
    async (state) => {
      const { oban, id } = await start()
      await setState(id, state)
      await expect(oban.updateJob(id, { scheduleIn: 5 })).rejects.toMatchObject({
        code: 'OBAN_JOB_STATE',
        state,
      })

      expect(await oban.updateJob(id, { meta: { a: 1 } })).toMatchObject({ state, meta: { a: 1 } })
    },
  )

  test('refuses another queue or worker for a job that runs', async () => {
    const { oban, id } = await start()
    await setState(id, 'executing')

    await expect(oban.updateJob(id, { queue: 'other', worker: 'Other' })).rejects.toThrow(
      `job ${id} is executing: queue, worker cannot change while it runs`,
    )
  })

  test('moves the next attempt of a job that failed', async () => {
    const { oban, id } = await start()
    await setState(id, 'retryable')

    expect(await oban.updateJob(id, { scheduledAt: new Date(0) })).toMatchObject({
      state: 'retryable',
      scheduledAt: new Date(0),
    })
  })

  test('checks as an insert does', async () => {
    const { oban, id } = await start()
    await setState(id, 'retryable')

    await expect(oban.updateJob(id, { args: {} })).rejects.toMatchObject({
      code: 'OBAN_INVALID_ARGS',
    })
    await expect(oban.updateJob(id, { maxAttempts: 1 })).rejects.toThrow(
      'must not be below the 2 attempts that there were, got 1',
    )
    await expect(oban.updateJob(id, { priority: 10, queue: '' })).rejects.toMatchObject({
      code: 'OBAN_INVALID_JOB',
      problems: [{ path: 'queue' }, { path: 'priority' }],
    })
    await expect(oban.updateJob(id, Object({ prority: 1 }))).rejects.toThrow('did you mean')
    await expect(oban.updateJob(999_999, {})).rejects.toMatchObject({ code: 'OBAN_JOB_NOT_FOUND' })
    await expect(oban.updateJob(0, {})).rejects.toMatchObject({ code: 'OBAN_INVALID_ID' })
    expect(await oban.getJob(id)).toMatchObject({ args: { n: 1 }, priority: 0, maxAttempts: 5 })
  })

  test('leaves a running job its run, with what it was claimed with', async () => {
    const held = gate()
    const seen: unknown[] = []
    const Held = defineWorker({
      name: 'Held',
      process: async (job) => {
        await held.pass()
        seen.push(job.meta)
      },
    })
    const { oban, told } = await startOban({
      database: database.url,
      workers: [Held],
      queues: { default: { limit: 1, execution: 'inline' } },
    })
    const { id } = await Held.enqueue({}, { oban })
    await held.reached()
    await oban.updateJob(id, { meta: { later: true } })
    held.open()
    await told.ended(id)

    expect(seen).toEqual([{}])
    expect(await oban.getJob(id)).toMatchObject({ state: 'completed', meta: { later: true } })
  })
})
