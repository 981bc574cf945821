/** What Oban Web is told, read as it reads it. */
import { randomBytes } from 'node:crypto'
import { channel } from 'node:diagnostics_channel'
import { describe, expect, test } from 'vitest'
import type { ObanOptions } from '../../src/config/options.ts'
import { useDatabase } from '../support/database.ts'
import { listenAsWeb, quantile } from '../support/oban-web.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()

async function start(options: ObanOptions = {}) {
  const queue = `q-${randomBytes(4).toString('hex')}`
  const web = await listenAsWeb(database.url)
  const { oban, told } = await startOban({
    database: database.url,
    workers: [workerModule],
    queues: { [queue]: 5 },
    metrics: true,
    ...options,
  })
  const enqueue = (worker: string, args = {}) => oban.enqueue(worker, args, { queue })

  return { enqueue, oban, queue, told, web }
}

describe('metrics', () => {
  test('shows the queues of the node once a second, under the names that its jobs carry', async () => {
    const { enqueue, oban, queue, told, web } = await start({ node: 'web.1' })
    await web.until(() => web.checks.length > 2)
    const { id } = await enqueue('Echo')
    await told.ended(id)
    const { attemptedBy } = (await oban.getJob(id)) ?? {}

    const { uuid } = oban.checkQueue(queue) ?? {}
    expect(attemptedBy).toEqual(['web.1', uuid])
    // The last that is here may be of the moment in which the job ran.
    await web.until(() => web.checks.at(-1)?.running.length === 0)
    expect(web.checks.at(-1)).toMatchObject({
      name: oban.name,
      node: 'web.1',
      queue,
      uuid,
      limit: 5,
      local_limit: 5,
      paused: false,
      running: [],
    })
    expect(web.checks.at(-1)).not.toHaveProperty('shutdown_started_at')
    expect(web.wrong).toEqual([])
  })

  test('shows what an operator changes', async () => {
    const { oban, queue, web } = await start()
    await oban.scaleQueue(queue, { limit: 7 })
    await oban.pauseQueue(queue)

    await web.until(() => {
      const { limit, paused } = web.checks.at(-1) ?? {}

      return limit === 7 && paused === true
    })
  })

  test('counts what ended, with how long it ran and had waited', async () => {
    const { enqueue, oban, queue, told, web } = await start({ node: 'web.2' })
    const [ok, failing] = [await enqueue('Echo'), await enqueue('Fail')]
    await told.ended(ok.id)
    await told.ended(failing.id)
    const names = ['exec_count', 'exec_time', 'wait_time'] as const
    const mine = () =>
      names.flatMap((name) => web.series(name).filter((each) => each.queue === queue))
    await web.until(() => mine().length === 6)

    expect(mine().filter(({ series }) => series === 'exec_count')).toEqual(
      expect.arrayContaining([
        { series: 'exec_count', state: 'completed', queue, worker: 'Echo', value: { data: [1] } },
        { series: 'exec_count', state: 'retryable', queue, worker: 'Fail', value: { data: [1] } },
      ]),
    )
    const done = told.all('job.stop').find(({ id }) => id === ok.id)
    const sketches = mine().flatMap(({ series, state, value }) =>
      series === 'exec_time' && state === 'completed' && 'size' in value ? [value] : [],
    )
    const shownMs = quantile(sketches, 1) / 1_000_000
    const exactMs = done?.durationMs ?? 0
    expect(Math.abs(shownMs - exactMs) / exactMs).toBeLessThan(0.021)
    const message = web.metrics.find(({ metrics }) => metrics.some((each) => each.queue === queue))
    expect(message).toMatchObject({ name: oban.name, node: 'web.2' })
    const [{ seconds } = { seconds: 0 }] = await database.query<{ seconds: number }>(
      'SELECT extract(epoch FROM clock_timestamp())::float8 AS seconds',
    )
    expect(seconds - (message?.time ?? 0)).toBeGreaterThanOrEqual(0)
    expect(seconds - (message?.time ?? 0)).toBeLessThan(60)
    expect(web.wrong).toEqual([])
  })

  test('counts the jobs of all nodes on the leader, once for each second', async () => {
    const queue = `q-${randomBytes(4).toString('hex')}`
    await database.query(
      `INSERT INTO oban_jobs (queue, worker, state)
       SELECT $1, 'Gone', CASE WHEN i > 3 THEN 'discarded' ELSE 'completed' END::oban_job_state
         FROM generate_series(1, 5) AS i`,
      [queue],
    )
    const { oban, web } = await start({ node: 'first' })
    const follower = makeOban({
      name: oban.name,
      node: 'second',
      database: database.url,
      metrics: true,
    })
    await follower.oban.start()
    const counts = () => web.series('full_count').filter((each) => each.queue === queue)
    await web.until(() => counts().length > 5)

    expect(counts().slice(-2)).toEqual(
      expect.arrayContaining([
        { series: 'full_count', state: 'completed', queue, value: { data: [3] } },
        { series: 'full_count', state: 'discarded', queue, value: { data: [2] } },
      ]),
    )
    const counting = web.metrics.filter(({ metrics }) =>
      metrics.some(({ series }) => series === 'full_count'),
    )
    expect(new Set(counting.map(({ node }) => node))).toEqual(
      new Set([oban.isLeader ? 'first' : 'second']),
    )
    const seconds = counting.map(({ time }) => time)
    expect(new Set(seconds).size).toBe(seconds.length)
  })

  test('does not count where others do', async () => {
    const { told, web } = await start({ metrics: { counts: false } })
    await told.until('peer.election', ({ leader }) => leader)
    const seen = web.checks.length
    await web.until(() => web.checks.length > seen + 3)

    expect(web.series('full_count')).toEqual([])
  })

  test('estimates a state that has too many jobs', async () => {
    const queue = `q-${randomBytes(4).toString('hex')}`
    await database.query(
      `INSERT INTO oban_jobs (queue, worker, state)
       SELECT $1, 'Gone', 'cancelled' FROM generate_series(1, 3000)`,
      [queue],
    )
    await database.query('ANALYZE oban_jobs')
    const { web } = await start({ metrics: { estimateAbove: 100 } })
    const counts = () => web.series('full_count').filter((each) => each.queue === queue)
    await web.until(() => counts().length > 1)

    const [jobs = 0] = counts().map(({ value }) => Number(Object.values(value.data)[0]))
    expect(jobs).toBeGreaterThan(2_000)
    expect(jobs).toBeLessThan(4_000)
    expect(web.wrong).toEqual([])
  })

  test('shows the crontab under the names that its jobs carry', async () => {
    const { oban, web } = await start({
      node: 'web.1',
      cron: { crontab: [{ expression: '0 9 * * MON-FRI', worker: 'Echo', args: { a: 1 } }] },
    })
    await web.until(() => web.crontabs.length > 0)
    const [entry] = oban.listCrons()

    expect(web.crontabs).toEqual([
      {
        name: oban.name,
        node: 'web.1',
        crontab: [
          ['0 9 * * MON-FRI', 'Echo', { name: entry?.name, timezone: 'UTC', args: { a: 1 } }],
        ],
      },
    ])
    expect(web.wrong).toEqual([])
  })

  test('says that its queues end when it stops', async () => {
    const { oban, queue, web } = await start()
    await oban.stop()
    await web.until(() => web.checks.at(-1)?.shutdown_started_at !== undefined)

    expect(web.checks.at(-1)).toMatchObject({ queue })
    expect(web.wrong).toEqual([])
  })

  test('is off unless it is asked for: nothing is sent, and nobody listens', async () => {
    const { oban, told } = await start({ metrics: undefined, node: 'silent' })
    told.detach()
    expect(channel('oban-ts:job.stop').hasSubscribers).toBe(false)
    const { web } = await start({ name: oban.name, node: 'loud' })
    await web.until(() => web.checks.length > 3)

    expect(new Set(web.checks.map(({ node }) => node))).toEqual(new Set(['loud']))
  })
})
