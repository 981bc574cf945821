import { beforeEach, describe, expect, test } from 'vitest'
import type { Oban } from '../../src/oban.ts'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs'))

const startThreads = () =>
  startOban({ database: database.url, workers: [workerModule], queues: { default: 10 } })

async function jobOf(oban: Oban, id: number) {
  const job = await oban.getJob(id)
  if (job === undefined) throw new Error(`job ${id} is gone`)

  return job
}

/** Seconds from the attempt to the next one, as the database has them. */
async function waitOf(id: number): Promise<number> {
  const [row] = await database.query<{ seconds: number }>(
    `SELECT extract(epoch FROM scheduled_at - attempted_at)::float8 AS seconds
       FROM oban_jobs WHERE id = $1`,
    [id],
  )

  return row?.seconds ?? Number.NaN
}

describe('execution in threads', () => {
  test('runs a job from its insertion to its recorded result', async () => {
    const { oban, told } = await startThreads()
    const job = await oban.enqueue('Echo', { path: 'ä.png' }, { tags: ['a'], meta: { tenant: 7 } })
    await told.ended(job.id)

    const done = await jobOf(oban, job.id)
    expect(done).toMatchObject({
      state: 'completed',
      attempt: 1,
      args: { path: 'ä.png' },
      meta: { tenant: 7, recorded: true },
      recorded: { path: 'ä.png' },
      tags: ['a'],
      errors: [],
    })
    const [producer] = oban.checkAllQueues()
    expect(done.attemptedBy).toEqual([producer?.node, producer?.uuid])
    expect(told.all('job.stop')).toMatchObject([{ id: job.id, state: 'success', attempt: 1 }])
  })

  test('runs jobs that jobs enqueue', async () => {
    const { oban, told } = await startThreads()
    await oban.enqueue('Chain', { left: 3, instance: oban.name })
    await told.count('job.stop', 7)

    const ran = told.all('job.stop').map(({ worker }) => worker)
    expect(ran.filter((worker) => worker === 'Echo')).toHaveLength(3)
    expect(ran.filter((worker) => worker === 'Chain')).toHaveLength(4)
  })

  test('gives jobs an instance that enqueues by name and cancels', async () => {
    const { oban, told } = await startThreads()
    const job = await oban.enqueue('Chain', { left: 1, instance: oban.name })
    await told.ended(job.id)

    const done = await oban.getJob<unknown, { late: number; cancelled: boolean }>(job.id)
    expect(done?.recorded?.cancelled).toBe(true)
    expect(await oban.getJob(Number(done?.recorded?.late))).toMatchObject({
      worker: 'Echo',
      state: 'cancelled',
      args: { from: job.id },
      priority: 3,
    })
  })

  test("retries a failed job after Oban's backoff, with its error kept", async () => {
    const { oban, told } = await startThreads()
    const first = await oban.enqueue('Fail', {})
    await told.ended(first.id)

    const job = await jobOf(oban, first.id)
    expect(job).toMatchObject({ state: 'retryable', attempt: 1, errors: [{ attempt: 1 }] })
    const [message, frame] = job.errors[0]?.error.split('\n') ?? []
    expect(message).toBe('TypeError: boom')
    expect(frame).toMatch(/^ {4}at .*bodies\.js/)
    // 15 + 2 ** attempt, and up to a tenth more; the clock runs on while the job does.
    const seconds = await waitOf(job.id)
    expect(seconds).toBeGreaterThanOrEqual(17)
    expect(seconds).toBeLessThan(20)
  })

  test.each([
    { attempt: 4, maxAttempts: 20, least: 47 },
    { attempt: 9, maxAttempts: 40, least: 47 },
  ])(
    'waits $least s and up to a tenth more after attempt $attempt of $maxAttempts',
    async ({ attempt, maxAttempts, least }) => {
      const { told } = await startThreads()
      const [row] = await database.query<{ id: string }>(
        `INSERT INTO oban_jobs (worker, attempt, max_attempts) VALUES ('Fail', $1, $2) RETURNING id`,
        [attempt, maxAttempts],
      )
      const id = Number(row?.id)
      await told.ended(id)

      const seconds = await waitOf(id)
      expect(seconds).toBeGreaterThanOrEqual(least)
      expect(seconds).toBeLessThan(least * 1.1 + 2)
    },
  )

  test('discards a job after its last attempt, with every error', async () => {
    const { oban, told } = await startThreads()
    const { id } = await oban.enqueue('Hurry', { attempts: 9 }, { maxAttempts: 3 })
    await told.until('job.exception', ({ state }) => state === 'discard')

    const job = await jobOf(oban, id)
    expect(job).toMatchObject({ state: 'discarded', attempt: 3 })
    expect(job.errors.map(({ attempt, error }) => [attempt, error.split('\n')[0]])).toEqual([
      [1, 'Error: attempt 1'],
      [2, 'Error: attempt 2'],
      [3, 'Error: attempt 3'],
    ])
    expect(job.discardedAt).toBeInstanceOf(Date)
  })

  test('runs a job that failed again until it succeeds', async () => {
    const { oban, told } = await startThreads()
    const { id } = await oban.enqueue('Hurry', { attempts: 2 })
    await told.until('job.stop')

    expect(await jobOf(oban, id)).toMatchObject({ state: 'completed', attempt: 2 })
  })

  test('snoozes without counting the attempt', async () => {
    const { oban, told } = await startThreads()
    const { id } = await oban.enqueue('Snooze', { seconds: 60 })
    await told.ended(id)

    const job = await jobOf(oban, id)
    expect(job).toMatchObject({ state: 'scheduled', attempt: 0, meta: { snoozed: 1 }, errors: [] })
    expect(await waitOf(id)).toBeGreaterThanOrEqual(60)
  })

  test('runs a job that snoozed for no time again, and counts the snoozes', async () => {
    const { oban, told } = await startThreads()
    const { id } = await oban.enqueue('Snooze', { seconds: 0 })
    await told.count('job.stop', 3)

    const { meta } = await jobOf(oban, id)
    expect(Number(meta['snoozed'])).toBeGreaterThanOrEqual(3)
    expect(told.all('job.stop').map(({ attempt }) => attempt)).not.toContain(2)
  })

  test('keeps the reason of a job that cancels itself', async () => {
    const { oban, told } = await startThreads()
    const { id } = await oban.enqueue('Cancel')
    await told.ended(id)

    expect(await jobOf(oban, id)).toMatchObject({
      state: 'cancelled',
      errors: [{ attempt: 1, error: 'job cancelled itself: no use' }],
    })
    expect(told.all('job.stop')).toMatchObject([{ state: 'cancelled' }])
  })
})
