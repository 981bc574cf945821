/** `drainQueue`: jobs run in the call that asks for it. */
import { Temporal } from '@js-temporal/polyfill'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ObanOptions } from '../../src/config/options.ts'
import { defineWorker } from '../../src/worker.ts'
import { cancel, record, snooze } from '../../src/worker/results.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { openConnections } from '../support/connections.ts'
import { useDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { makeOban } from '../support/oban.ts'
import { untilRows } from '../support/until-rows.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers RESTART IDENTITY'))

const fixture = (name: string): URL => new URL(`../fixtures/${name}`, import.meta.url)

const make = (options: ObanOptions = {}) => makeOban({ database: database.url, ...options })

const states = async () => {
  const found = await database.query<{ state: string }>('SELECT state FROM oban_jobs ORDER BY id')

  return found.map(({ state }) => state)
}

const producers = () => database.query('SELECT uuid FROM oban_ts_producers')

/** Resolves when a producer has sent that many heartbeats. */
const beaten = (count: number) =>
  untilRows(
    database,
    `SELECT FROM oban_ts_producers WHERE beat >= ${count}`,
    (rows) => rows.length > 0,
  )

const nothing = { cancelled: 0, discard: 0, failure: 0, released: 0, snoozed: 0, success: 0 }

const Ends = defineWorker({
  name: 'Drain.Ends',
  args: typed<{ how: string }>(),
  process: ({ args: { how } }) => {
    if (how === 'cancel') return cancel('enough')
    if (how === 'snooze') return snooze(60)
    if (how === 'throw') throw new RangeError('out of range')

    return record(how)
  },
})

describe('drainQueue', () => {
  test('runs what is available in one queue, and counts how each attempt ended', async () => {
    const { oban, told } = make()
    const jobs = await oban.enqueueMany([
      Ends.new({ how: 'well' }),
      Ends.new({ how: 'cancel' }),
      Ends.new({ how: 'snooze' }),
      Ends.new({ how: 'throw' }),
      Ends.new({ how: 'throw' }, { maxAttempts: 1 }),
      Ends.new({ how: 'well' }, { queue: 'other' }),
      Ends.new({ how: 'well' }, { scheduleIn: 60 }),
    ])

    expect(await oban.drainQueue('default')).toEqual({
      cancelled: 1,
      discard: 1,
      failure: 1,
      released: 0,
      snoozed: 1,
      success: 1,
    })
    expect(await states()).toEqual([
      'completed',
      'cancelled',
      'scheduled',
      'retryable',
      'discarded',
      'available',
      'scheduled',
    ])
    expect((await oban.getJob(Number(jobs[0]?.id)))?.recorded).toBe('well')
    expect(told.all('job.start')).toHaveLength(5)
    expect(told.all('job.stop').map(({ state }) => state)).toEqual([
      'success',
      'cancelled',
      'snoozed',
    ])
    expect(told.all('job.exception').map(({ state }) => state)).toEqual(['failure', 'discard'])
  })

  test('leaves no producer and no connection behind', async () => {
    const { oban } = make()
    await Ends.enqueue({ how: 'well' }, { oban })
    await oban.drainQueue('default')
    expect(await producers()).toEqual([])
    await oban.stop()

    expect(await openConnections(database)).toEqual([])
  })

  test('resolves to nothing for an empty queue', async () => {
    expect(await make().oban.drainQueue('empty')).toEqual(nothing)
  })

  test('runs one job at a time, in order, or as many as its limit', async () => {
    let running = 0
    let most = 0
    const ran: number[] = []
    const Count = defineWorker({
      name: 'Drain.Count',
      args: typed<{ n: number }>(),
      process: async ({ args: { n } }) => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        ran.push(n)
        running -= 1
      },
    })
    const { oban } = make()
    const numbers = Array.from({ length: 20 }, (_, n) => n)
    const fill = () => oban.enqueueMany(numbers.map((n) => Count.new({ n })))
    await fill()
    await oban.drainQueue('default')
    expect([most, ran]).toEqual([1, numbers])

    await fill()
    await oban.drainQueue('default', { limit: 4 })
    expect(most).toBe(4)
  })

  test('runs what jobs enqueue only when told to, and then to the end', async () => {
    const Chain = defineWorker({
      name: 'Drain.Chain',
      args: typed<{ left: number }>(),
      // A better priority than those that wait: it must not take the place of one of them.
      process: async ({ args: { left } }, { self }) => {
        if (left > 0) await self.enqueue({ left: left - 1 }, { oban, priority: 0 })
      },
    })
    const { oban } = make()
    await oban.enqueueMany([2, 2].map((left) => Chain.new({ left }, { priority: 5 })))

    expect(await oban.drainQueue('default')).toEqual({ ...nothing, success: 2 })
    expect(await states()).toEqual(['completed', 'completed', 'available', 'available'])
    const rest = await oban.drainQueue('default', { withRecursion: true })
    expect(rest).toEqual({ ...nothing, success: 4 })
  })

  test('runs no more jobs in a round than it is told to', async () => {
    const { oban } = make()
    await oban.enqueueMany(Array.from({ length: 5 }, () => Ends.new({ how: 'well' })))

    expect(await oban.drainQueue('default', { withLimit: 2 })).toMatchObject({ success: 2 })
    const rest = await oban.drainQueue('default', { withLimit: 2, withRecursion: true })
    expect(rest).toMatchObject({ success: 3 })
  })

  test('runs more jobs than one statement claims', async () => {
    const { oban } = make()
    await database.query(
      `INSERT INTO oban_jobs (worker, args) SELECT 'Drain.Ends', '{"how": "well"}' FROM generate_series(1, 2100)`,
    )

    expect(await oban.drainQueue('default', { limit: 50 })).toMatchObject({ success: 2100 })
  })

  test('runs what is scheduled and what is to be retried when told to', async () => {
    const { oban } = make()
    await Ends.enqueue({ how: 'throw' }, { oban, maxAttempts: 3 })
    await Ends.enqueue({ how: 'well' }, { oban, scheduleIn: { days: 300 } })

    const first = await oban.drainQueue('default', { withScheduled: true })
    expect(first).toEqual({ ...nothing, failure: 1, success: 1 })
    // Each failure is staged again, until it is the last.
    const rest = await oban.drainQueue('default', { withScheduled: true, withRecursion: true })
    expect(rest).toEqual({ ...nothing, failure: 1, discard: 1 })
  })

  test.each([
    ['a Date', (at: Date) => at],
    ['an instant of Temporal', (at: Date) => Temporal.Instant.fromEpochMilliseconds(at.getTime())],
    ['ISO 8601', (at: Date) => at.toISOString()],
  ])('runs what is due until a moment, given as %s', async (_, momentOf) => {
    const { oban } = make()
    const scheduledAt = new Date('2999-01-01T00:00:00Z')
    await Ends.enqueue({ how: 'well' }, { oban, scheduledAt })
    const justBefore = momentOf(new Date(scheduledAt.getTime() - 1))

    expect(await oban.drainQueue('default', { withScheduled: justBefore })).toEqual(nothing)
    const exactly = await oban.drainQueue('default', { withScheduled: momentOf(scheduledAt) })
    expect(exactly).toEqual({ ...nothing, success: 1 })
  })

  test('throws what a job threw without safety, stored, with the others given back', async () => {
    const { oban } = make()
    await oban.enqueueMany([
      Ends.new({ how: 'well' }),
      Ends.new({ how: 'throw' }),
      Ends.new({ how: 'well' }),
    ])
    const drained = oban.drainQueue('default', { withSafety: false })

    await expect(drained).rejects.toThrow(new RangeError('out of range'))
    expect(await states()).toEqual(['completed', 'retryable', 'available'])
    const [last] = await database.query('SELECT attempt FROM oban_jobs ORDER BY id DESC LIMIT 1')
    expect(last).toEqual({ attempt: 0 })
    expect(await producers()).toEqual([])
  })

  test('aborts a job that runs out of its time', async () => {
    const Slow = defineWorker({
      name: 'Drain.Slow',
      timeout: { milliseconds: 20 },
      process: (_, { signal }) => gate().pass(signal),
    })
    const { oban } = make()
    await Slow.enqueue({}, { oban })

    await expect(oban.drainQueue('default', { withSafety: false })).rejects.toMatchObject({
      code: 'OBAN_TIMEOUT',
    })
  })

  test('aborts a job that is cancelled', async () => {
    const held = gate()
    const Held = defineWorker({
      name: 'Drain.Held',
      process: (_, { signal }) => held.pass(signal),
    })
    const { oban } = make()
    const { id } = await Held.enqueue({}, { oban })
    const drained = oban.drainQueue('default')
    await held.reached()
    await oban.cancelJob(id)
    await drained

    expect(await states()).toEqual(['cancelled'])
  })

  test('shares the jobs with another drain, and runs none twice', async () => {
    const ran: number[] = []
    const Share = defineWorker({
      name: 'Drain.Share',
      process: async (job) => {
        ran.push(job.id)
        await new Promise((resolve) => setImmediate(resolve))
      },
    })
    const { oban } = make()
    const jobs = await oban.enqueueMany(Array.from({ length: 60 }, () => Share.new()))
    const drain = () => oban.drainQueue('default', { withLimit: 10, withRecursion: true })
    const [one, other] = await Promise.all([drain(), drain()])

    expect(one.success + other.success).toBe(60)
    expect(ran.toSorted((a, b) => a - b)).toEqual(jobs.map(({ id }) => id))
  })

  test('shares them with a queue of the same name that runs', async () => {
    const ran: number[] = []
    const Share = defineWorker({
      name: 'Drain.ShareQueue',
      process: (job) => {
        ran.push(job.id)
      },
    })
    const { oban, told } = make({
      workers: [Share],
      queues: { default: { limit: 2, execution: 'inline' } },
    })
    await oban.start()
    await oban.enqueueMany(Array.from({ length: 40 }, () => Share.new()))
    await oban.drainQueue('default')
    await told.count('job.stop', 40)

    expect(new Set(ran).size).toBe(40)
    expect(ran).toHaveLength(40)
    expect(await producers()).toHaveLength(1)
  })

  test('keeps its jobs from being rescued while they run', async () => {
    const held = gate()
    const Held = defineWorker({ name: 'Drain.Beats', process: () => held.pass() })
    const { oban } = make()
    await Held.enqueue({}, { oban })
    const drained = oban.drainQueue('default')
    await held.reached()
    await beaten(3)
    held.open()
    expect(await drained).toMatchObject({ success: 1 })
  })

  test('loads worker modules on the main thread, and surrounds their bodies', async () => {
    const { oban } = make({
      // By which the setup module looks for it.
      name: 'Oban',
      workers: [fixture('setup-workers.js')],
      threadOptions: { setup: fixture('setup.js') },
    })
    const { id } = await oban.enqueue('Surrounded', { tenant: 'acme' })

    expect(await oban.drainQueue('default')).toMatchObject({ success: 1 })
    expect((await oban.getJob(id))?.recorded).toEqual({
      context: { threadId: 0, instance: 'Oban' },
      tenant: 'acme',
    })
  })

  test('refuses to begin when a module does not load', async () => {
    const { oban } = make({ workers: [fixture('threads-broken.js')] })

    await expect(oban.drainQueue('default')).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
      message: expect.stringContaining('threads-broken.js does not load'),
    })
  })

  test('gives back the jobs of workers that it does not know, unless told to fail them', async () => {
    const { oban } = make()
    await oban.enqueue('Drain.Elsewhere', {})
    const given = { withScheduled: true, withRecursion: true }
    expect(await oban.drainQueue('default', given)).toEqual({ ...nothing, released: 1 })

    const strict = make({ unknownWorkers: 'fail' }).oban
    await expect(
      strict.drainQueue('default', { ...given, withSafety: false }),
    ).rejects.toMatchObject({ code: 'OBAN_UNKNOWN_WORKER' })
  })

  test.each<[string, object]>([
    ['', {}],
    ['default', { limit: 0 }],
    ['default', { withLimit: 1.5 }],
    ['default', { withSafety: 1 }],
    ['default', { withScheduled: new Date(Number.NaN) }],
    ['default', { withRecursion: 'yes' }],
    ['default', { withRecusion: true }],
  ])('refuses the queue "%s" with %j', async (queue, options) => {
    const drained = make().oban.drainQueue(queue, options)

    await expect(drained).rejects.toMatchObject({ code: 'OBAN_CONFIG' })
  })

  test('refuses when the queue was forgotten, as JavaScript lets one do', async () => {
    const { oban } = make()

    // @ts-expect-error: a queue is missing
    await expect(oban.drainQueue()).rejects.toMatchObject({
      message: 'invalid configuration: queue: expected the name of a queue, found undefined',
    })
  })

  test('refuses after stop()', async () => {
    const { oban } = make()
    await oban.stop()

    await expect(oban.drainQueue('default')).rejects.toMatchObject({ code: 'OBAN_STOPPED' })
  })
})
