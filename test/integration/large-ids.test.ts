import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const start = () =>
  startOban({
    database: database.url,
    workers: [workerModule],
    queues: { default: { limit: 5, prefetch: 5 } },
    shutdownGracePeriod: { milliseconds: 1 },
  })

// Beyond what an integer of PostgreSQL holds, and the largest that a number of JavaScript holds.
describe.each([3_000_000_000, Number.MAX_SAFE_INTEGER - 100])('jobs from id %d on', (first) => {
  beforeEach(() => database.query(`SELECT setval('oban_jobs_id_seq', $1)`, [first]))

  test('run, fail, are put off, cancelled, retried and deleted as others', async () => {
    const { oban, told } = await start()
    // Those that record nothing are completed by a statement of their own.
    const jobs = await oban.enqueueMany(
      ['Echo', 'Fail', 'Snooze', 'Wait', 'Hurry'].map((worker) => ({
        worker,
        args: { seconds: 60, attempts: 1 },
        options: {},
      })),
    )
    const ids = jobs.map(({ id }) => id)
    expect(ids).toEqual([1, 2, 3, 4, 5].map((n) => first + n))
    const [echoId = 0, failId = 0, snoozedId = 0, waitId = 0, hurryId = 0] = ids
    await Promise.all([echoId, failId, snoozedId, hurryId].map((id) => told.ended(id)))
    await told.until('job.log', ({ fields }) => fields['id'] === waitId)
    expect(await oban.cancelJob(waitId)).toBe(true)
    await told.until('job.log', ({ fields }) => fields['code'] === 'OBAN_CANCELLED')

    const { jobs: found } = await oban.listJobs({ ids })
    expect(new Map(found.map(({ id, state }) => [id, state]))).toEqual(
      new Map([
        [echoId, 'completed'],
        [failId, 'retryable'],
        [snoozedId, 'scheduled'],
        [waitId, 'cancelled'],
        [hurryId, 'completed'],
      ]),
    )
    expect(await oban.retryManyJobs([echoId])).toBe(1)
    expect(await oban.waitForJob(echoId)).toMatchObject({ id: echoId, state: 'completed' })
    expect(await oban.deleteManyJobs([echoId, failId])).toBe(2)
    // A statement that is refused is told, though another way may have done the work.
    expect(told.all('query.failed')).toEqual([])
  })

  test('go back when their node stops, those that run and those that wait', async () => {
    const { oban, told } = await start()
    const jobs = await oban.enqueueMany(
      Array.from({ length: 8 }, () => ({ worker: 'Wait', args: {}, options: {} })),
    )
    await told.count('job.log', 5)
    await oban.stop()

    expect(
      await database.query(
        'SELECT state, attempt, min(id)::text, count(*)::int FROM oban_jobs GROUP BY 1, 2',
      ),
    ).toEqual([{ state: 'available', attempt: 0, min: String(jobs[0]?.id), count: 8 }])
    expect(await database.query('SELECT uuid FROM oban_ts_producers')).toEqual([])
    expect(told.all('query.failed')).toEqual([])
  })
})
