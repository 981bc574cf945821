/** The mode `manual`, and what `start()` makes in the testing modes. */
import { describe, expect, test } from 'vitest'
import { defineWorker, record, typed } from '../../src/index.ts'
import { drainQueue, withTestingMode } from '../../src/testing/index.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban } from '../support/oban.ts'

const database = useDatabase()

const Echo = defineWorker({
  name: 'Manual.Echo',
  queue: 'echo',
  args: typed<{ text: string }>(),
  process: async ({ args: { text } }, { self }) => {
    if (text === 'throw') throw new RangeError('out of range')
    if (text === 'parent') await self.enqueue({ text: 'child' })

    return record(text)
  },
})

const make = (options: Parameters<typeof makeOban>[0] = {}) =>
  makeOban({
    database: database.url,
    testing: 'manual',
    queues: { echo: 1 },
    workers: [Echo],
    ...options,
  })

const inline = { echo: { limit: 1, execution: 'inline' } } as const

const producers = () => database.query('SELECT uuid FROM oban_ts_producers')

describe('an instance in mode manual', () => {
  test('stores jobs that nothing runs, also after its start', async () => {
    const { oban } = make({ queues: inline })
    await oban.start()
    const job = await oban.enqueue(Echo.new({ text: 'a' }))

    expect(await oban.getJob(job.id)).toMatchObject({ state: 'available', attempt: 0 })
    expect(oban.checkAllQueues()).toEqual([])
    expect(await producers()).toEqual([])
    expect(await drainQueue(oban, { queue: 'echo' })).toMatchObject({ success: 1 })
    expect(await oban.getJob(job.id)).toMatchObject({ state: 'completed', recorded: 'a' })
  })

  test('answers an application as if it were started', async () => {
    const { oban } = make({ queues: inline })
    await oban.start()

    expect(await oban.health()).toMatchObject({ ok: true, queues: [], problems: [] })
    expect(oban.isLeader).toBe(false)
    expect(oban.listCrons()).toEqual([])
    expect(oban.checkQueue('echo')).toBe(undefined)
    expect(oban.snapshot().children).toEqual([])
    oban.inspect(() => {})()
    await oban.pauseQueue('echo')
    await expect(oban.pauseQueue('')).rejects.toMatchObject({ code: 'OBAN_CONFIG' })
    await oban.stop()
    await expect(oban.enqueue(Echo.new({ text: 'a' }))).rejects.toMatchObject({
      code: 'OBAN_STOPPED',
    })
  })

  test('is checked as in production', () => {
    expect(() => make({ queues: { echo: 0 } })).toThrow('queues.echo')
  })

  test('runs jobs inline for a function', async () => {
    const { oban } = make({ queues: inline })
    const job = await withTestingMode('inline', () => oban.enqueue(Echo.new({ text: 'b' })))
    const [{ count } = { count: '' }] = await database.query<{ count: string }>(
      `SELECT count(*) FROM oban_jobs WHERE args ->> 'text' = 'b'`,
    )

    expect(job).toMatchObject({ state: 'completed', recorded: 'b' })
    expect(count).toBe('0')
  })

  test('starts nothing for a function either, where the instance would', async () => {
    const { oban } = make({ testing: 'disabled', queues: inline })
    await withTestingMode('manual', () => oban.start())

    expect(oban.checkAllQueues()).toEqual([])
    expect(await producers()).toEqual([])
  })
})

describe('an instance in mode inline', () => {
  test('stores jobs for a function in mode manual', async () => {
    const { oban } = make({ testing: 'inline', queues: inline })
    const stored = await withTestingMode('manual', () => oban.enqueue(Echo.new({ text: 'c' })))

    expect(stored.state).toBe('available')
    expect(await oban.getJob(stored.id)).toEqual(stored)
    expect(await oban.drainQueue('echo')).toMatchObject({ success: 1 })
  })

  test('runs a job of a transaction at once, whatever becomes of that', async () => {
    const { oban } = make({ testing: 'inline', queues: inline })
    const client = await database.pool.connect()
    try {
      const job = await oban.enqueue(Echo.new({ text: 'd' }), { client })
      expect(job.state).toBe('completed')
      await expect(
        oban.enqueue(Echo.new({ text: 'd' }), { client: database.pool }),
      ).rejects.toThrow('client: is a pool')
    } finally {
      client.release()
    }
  })
})

describe('drainQueue', () => {
  test('takes the options of the instance, beside the queue', async () => {
    const { oban } = make({ queues: inline })
    const drain = (options: object) => drainQueue(oban, { queue: 'echo', ...options })
    await oban.enqueueMany([
      Echo.new({ text: 'parent' }),
      Echo.new({ text: 'throw' }),
      Echo.new({ text: 'late' }, { scheduleIn: { days: 1 } }),
    ])

    expect(await drain({ withLimit: 1 })).toMatchObject({ success: 1, failure: 0 })
    await expect(drain({ withSafety: false })).rejects.toThrow(new RangeError('out of range'))
    expect(await drain({ withRecursion: true })).toMatchObject({ success: 1 })
    expect(await drain({ withScheduled: new Date(0) })).toMatchObject({ success: 0, failure: 0 })
    expect(await drain({ withScheduled: true })).toMatchObject({ success: 1, failure: 1 })
  })

  test('says what it needs', async () => {
    const { oban } = make({ queues: inline })

    await expect(drainQueue({ queue: 'echo' } as never, {} as never)).rejects.toThrow(
      "drainQueue() needs the instance that stores the jobs, as in drainQueue(oban, { queue: 'default' })",
    )
    await expect(drainQueue(oban, 'echo' as never)).rejects.toThrow(
      "drainQueue() needs a queue, as in drainQueue(oban, { queue: 'default' }), got 'echo'",
    )
    for (const [options, shown] of [
      [{}, '{}'],
      [{ que: 'echo' }, "{ que: 'echo' }"],
    ] as const) {
      await expect(drainQueue(oban, options as never)).rejects.toThrow(
        `drainQueue() needs a queue, as in drainQueue(oban, { queue: 'default' }), got ${shown}`,
      )
    }
    await expect(drainQueue(oban, { queue: 'echo', withLimits: 1 } as never)).rejects.toThrow(
      'did you mean "withLimit"?',
    )
  })
})
