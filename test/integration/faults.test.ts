import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { startOban } from '../support/oban.ts'
import { untilRows } from '../support/until-rows.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs'))

const module = new URL('../fixtures/threads-misbehave.js', import.meta.url)

const start = (queues: object) =>
  startOban({ database: database.url, workers: [module], queues: { ...queues } })

/** What became of each job: its state, its attempt and what its errors are called. */
async function fatesOf(ids: readonly number[]): Promise<string[]> {
  const rows = await database.query<{ fate: string }>(
    `SELECT concat_ws(' ', state, attempt, split_part(errors[1]->>'error', ':', 1)) AS fate
       FROM oban_jobs WHERE id = ANY($1::bigint[]) ORDER BY id`,
    [ids],
  )

  return rows.map(({ fate }) => fate)
}

describe('a fault in a queue with one thread', () => {
  // On a quiet machine the next job has ended after 0.15 s, 0.2 s and 1.5 s.
  test.each([
    ['that exits', 'Exits', 'JobCrashError', 1_000],
    ['that throws from a timer', 'Throwing', 'JobCrashError', 1_000],
    ['that is a busy loop with a timeout of 300 ms', 'Busy', 'JobTimeoutError', 2_500],
  ])('%s does not hold up the next job for long, nor other queues at all', async (...row) => {
    const [, worker, error, longestMs] = row
    const { oban, told } = await start({ default: 1, other: 1 })
    const ended = async (name: string, queue: string): Promise<number> => {
      const startedAtMs = performance.now()
      const { id } = await oban.enqueue(name, {}, { queue })
      await told.ended(id)

      return performance.now() - startedAtMs
    }
    await Promise.all([ended('Where', 'default'), ended('Where', 'other')])
    const culprit = await oban.enqueue(worker, {}, { maxAttempts: 1 })
    const [nextMs, otherMs] = await Promise.all([
      ended('Where', 'default'),
      ended('Where', 'other'),
    ])

    expect(await fatesOf([culprit.id])).toEqual([`discarded 1 ${error}`])
    expect(nextMs).toBeLessThan(longestMs)
    expect(otherMs).toBeLessThan(500)
  })
})

test('threads that all spin keep no heart from beating, so that nobody takes their jobs', async () => {
  const { oban, told } = await startOban({
    database: database.url,
    workers: [module],
    queues: { default: { limit: 4, threads: 4 }, other: 1 },
    shutdownGracePeriod: { milliseconds: 1 },
  })
  const { told: seen } = await startOban({ database: database.url, queues: { none: 1 } })
  const jobs = await oban.enqueueMany(
    Array.from({ length: 4 }, () => ({ worker: 'BusyWithoutEnd', args: {}, options: {} })),
  )
  await told.count('job.log', jobs.length)
  const beats = `SELECT beat::int FROM oban_ts_producers WHERE queue = 'default'`
  const [row] = await database.query<{ beat: number }>(beats)
  const reached = (row?.beat ?? 0) + 3
  await untilRows<{ beat: number }>(database, beats, ([now]) => (now?.beat ?? 0) >= reached)
  const { id } = await oban.enqueue('Where', {}, { queue: 'other' })
  await told.ended(id)

  expect(await fatesOf(jobs.map((job) => job.id))).toEqual(Array(4).fill('executing 1'))
  expect([...told.all('lifeline.rescue'), ...seen.all('lifeline.rescue')]).toEqual([])
})

describe('jobs beside those that misbehave', () => {
  test('start again as soon as they are given back', async () => {
    const { oban, told } = await startOban({
      database: database.url,
      workers: [module],
      queues: { default: { limit: 2, threads: 1 } },
      // Nothing but the end of the thread tells that there is something to do.
      stager: { interval: { hours: 1 } },
    })
    const bystander = await oban.enqueue('Steps', {}, { maxAttempts: 1 })
    const culprit = await oban.enqueue('Exits', {}, { maxAttempts: 1 })
    await Promise.all([bystander, culprit].map(({ id }) => told.ended(id)))

    expect(await fatesOf([bystander.id, culprit.id])).toEqual([
      'completed 1',
      'discarded 1 JobCrashError',
    ])
  })

  test('pay nothing, however often their threads go', async () => {
    const { oban, told } = await start({ default: { limit: 12, threads: 2 } })
    const enqueue = (worker: string, times: number) =>
      Promise.all(Array.from({ length: times }, () => oban.enqueue(worker, {}, { maxAttempts: 1 })))
    const bystanders = await enqueue('Steps', 16)
    const culprits = [
      ...(await enqueue('Busy', 2)),
      ...(await enqueue('Throwing', 2)),
      ...(await enqueue('Exits', 2)),
      ...(await enqueue('Microtasks', 1)),
      ...(await enqueue('Deaf', 1)),
    ]
    const ids = (jobs: typeof bystanders) => jobs.map(({ id }) => id)
    await Promise.all([...bystanders, ...culprits].map(({ id }) => told.ended(id)))

    expect(new Set(await fatesOf(ids(bystanders)))).toEqual(new Set(['completed 1']))
    expect(await fatesOf(ids(culprits))).toEqual([
      ...Array.from({ length: 2 }, () => 'discarded 1 JobTimeoutError'),
      ...Array.from({ length: 4 }, () => 'discarded 1 JobCrashError'),
      ...Array.from({ length: 2 }, () => 'discarded 1 JobTimeoutError'),
    ])
    expect(told.all('supervisor.report')).toEqual([])
  }, 60_000)
})
