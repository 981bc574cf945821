import { beforeEach, describe, expect, test } from 'vitest'
import { terminateChild } from '../../supervisors/index.ts'
import type { ObanOptions } from '../../src/config/options.ts'
import { prunePage } from '../../src/runtime/harbor/prune.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { startOban } from '../support/oban.ts'
import { startTree } from '../support/tree.ts'
import { untilRows } from '../support/until-rows.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_leaders'))

const soon = { milliseconds: 50 }

/** Jobs that ended two days ago, a third in each state. */
const fill = (count: number) =>
  database.query(
    `INSERT INTO oban_jobs (worker, queue, state, scheduled_at, completed_at, cancelled_at, discarded_at)
     SELECT 'Greet', 'q' || n % 7, ('{completed,cancelled,discarded}'::text[])[1 + n % 3]::oban_job_state,
            moment, moment, moment, moment
       FROM generate_series(0, $1 - 1) AS n,
            LATERAL (SELECT timezone('UTC', now()) - interval '2 days' AS moment) AS m`,
    [count],
  )

const left = () =>
  database.query('SELECT state, count(*)::int FROM oban_jobs GROUP BY state ORDER BY state')

const start = (pruner: ObanOptions['pruner']) => startOban({ database: database.url, pruner })

/** Somebody who holds up every statement on jobs until the test ends, or lets go. */
async function lockJobs(): Promise<() => Promise<unknown>> {
  const client = await connectTo(database.url)
  await client.query('BEGIN; LOCK oban_jobs')

  return () => client.query('ROLLBACK')
}

/** Resolves when the server has such a session of the pruner. */
async function prunerWaits(): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'oban-ts:prune' AND wait_event_type = 'Lock'`
  await untilRows(database, waiting, (rows) => rows.length > 0)
}

describe('the pruner', () => {
  test('deletes what is older than its age, in each state', async () => {
    await fill(30)
    const { told } = await start({ interval: soon })
    await told.until('pruner.prune')

    expect(await left()).toEqual([])
    expect(told.all('pruner.prune')[0]).toMatchObject({
      completed: 10,
      cancelled: 10,
      discarded: 10,
      isFull: false,
    })
  })

  test('has an age for each state, and keeps what is to be kept for ever', async () => {
    await fill(30)
    const ages = { completed: { days: 3 }, discarded: 'infinity' } as const
    const { told } = await start({ interval: soon, ages })
    await told.until('pruner.prune')

    expect(await left()).toEqual([
      { state: 'completed', count: 10 },
      { state: 'discarded', count: 10 },
    ])
  })

  test('deletes 100,000 jobs page after page, without a pause', async () => {
    await fill(100_000)
    const startedAt = performance.now()
    const { told } = await start({ interval: soon })
    await told.until('pruner.prune', ({ isFull }) => !isFull)

    expect(told.all('pruner.prune').map(({ isFull }) => isFull)).toEqual([
      ...Array.from({ length: 10 }, () => true),
      false,
    ])
    expect(await left()).toEqual([])
    // About 1.5 s on a quiet machine.
    expect(performance.now() - startedAt).toBeLessThan(15_000)
  })

  test('works on the leader only', async () => {
    await fill(3)
    const options = { name: 'Prune', queues: {}, workers: [], pruner: { interval: soon } }
    const first = await startTree(database.url, { ...options, node: 'first' })
    await first.told.until('pruner.prune')
    const second = await startTree(database.url, { ...options, node: 'second' })
    await second.told.until('peer.election')
    await first.told.count('pruner.prune', first.told.all('pruner.prune').length + 3)
    expect(second.told.all('pruner.prune')).toEqual([])
    await first.stop()
    await second.told.until('pruner.prune')

    expect(second.told.all('peer.election').at(-1)).toMatchObject({ leader: true })
  })

  test('is left out where it is off', async () => {
    await fill(3)
    const { oban, told } = await start(false)
    await told.until('peer.election')

    expect(JSON.stringify(oban.snapshot())).not.toContain('pruner')
    expect(await left()).toHaveLength(3)
  })

  test('lets go of a page when the leadership is lost, and takes it up when it comes back', async () => {
    await fill(30)
    const unlock = await lockJobs()
    const options = { queues: {}, workers: [], pruner: { interval: soon } }
    const { runtime, told } = await startTree(database.url, options)
    await prunerWaits()
    runtime.tell('pruner', { type: 'leader.resigned' })
    expect(runtime.whereis('pruner')?.getSnapshot().value).toBe('following')
    await unlock()
    runtime.tell('pruner', { type: 'leader.elected' })
    await told.until('pruner.prune')

    // What the server was doing when nobody waited for it any longer it may have finished.
    expect(await left()).toEqual([])
    expect(told.all('query.failed').filter(({ source }) => source === 'pruner')).toEqual([])
  })

  test('deletes nothing once the lease is not trusted, though nobody has told it', async () => {
    await fill(3)
    const options = { queues: {}, workers: [], pruner: { interval: { minutes: 5 } } }
    const { runtime, told } = await startTree(database.url, options)
    await told.until('peer.election')
    runtime.leadership.distrust()
    const connect = { connectionString: database.url }
    const what = { ages: { completed: 60, cancelled: 60, discarded: 60 }, limit: 10 }
    const page = await prunePage(runtime, connect, what, new AbortController().signal)

    expect(page).toEqual({ isFull: false, timeout: undefined })
    expect(await left()).toHaveLength(3)
  })

  test('reports a page that is held up, tries smaller ones, and goes on', async () => {
    await fill(30)
    const unlock = await lockJobs()
    const { told } = await start({ interval: soon, limit: 400 })
    const { error } = await told.until('query.failed', ({ source }) => source === 'pruner')
    expect(error).toMatchObject({ code: '55P03' })
    await unlock()
    await told.until('pruner.prune', ({ completed }) => completed > 0)

    expect(await left()).toEqual([])
  })

  test('outlives the loss of its connection in the middle of a page', async () => {
    await fill(30)
    const unlock = await lockJobs()
    const { oban, told } = await start({ interval: soon })
    await prunerWaits()
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'oban-ts:prune'`,
    )
    await told.until('query.failed', ({ source }) => source === 'pruner')
    await unlock()
    await told.until('pruner.prune', ({ completed }) => completed > 0)

    expect(await left()).toEqual([])
    expect(told.all('supervisor.report')).toEqual([])
    expect(JSON.stringify(oban.snapshot())).not.toContain('lastError')
  })

  test('holds up nobody who stops it in the middle of a page', async () => {
    const unlock = await lockJobs()
    const options = { queues: {}, workers: [], pruner: { interval: soon } }
    const { root, told } = await startTree(database.url, options)
    await prunerWaits()
    const startedAt = performance.now()
    await terminateChild(root, 'harbor')

    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(told.all('supervisor.report')).toEqual([])
    await unlock()
  })
})
