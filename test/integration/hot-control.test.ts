import { beforeEach, describe, expect, test } from 'vitest'
import type { QueueOptions, QueueScale } from '../../src/config/options.ts'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule, type TestOban } from '../support/oban.ts'
import { say } from '../support/say.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const start = (options: Partial<QueueOptions> = {}) =>
  startOban({
    database: database.url,
    workers: [workerModule],
    shutdownGracePeriod: { milliseconds: 1 },
    queues: { default: { limit: 3, ...options }, other: { limit: 2, execution: 'inline' } },
  })

/** Jobs that wait for the word that is their number. */
async function enqueueWaiting({ oban }: TestOban, ...numbers: readonly number[]) {
  const words = numbers.map((number) => ({ word: `go ${number}` }))
  const jobs = await oban.enqueueMany(
    words.map((args) => ({ worker: 'Wait', args, options: { queue: 'default' } })),
  )

  return jobs.map(({ id }) => id)
}

const begun = ({ told }: TestOban, count: number) =>
  told.until(
    'job.log',
    () => told.all('job.log').filter(({ message }) => message === 'begun').length >= count,
  )

/** Let a job go that waits for its number. */
async function finish({ told }: TestOban, id: number | undefined, number: number): Promise<void> {
  say(`go ${number}`)
  await told.ended(id ?? 0)
}

const threadsOf = ({ oban }: TestOban) =>
  oban.checkQueue('default')?.threads.map(({ thread, state, running }) => {
    return [thread, state, running.length]
  })

describe('scaleQueue', () => {
  test('starts more at once under a greater limit', async () => {
    const node = await start({ limit: 1 })
    await enqueueWaiting(node, 1, 2, 3)
    await begun(node, 1)
    await node.oban.scaleQueue('default', { limit: 3 })
    await begun(node, 3)

    expect(node.oban.checkQueue('default')).toMatchObject({
      limit: 3,
      running: [1, 2, 3].map(() => expect.any(Number)),
    })
  })

  test('ends nothing under a smaller limit, and starts nothing until there is room', async () => {
    const node = await start({ limit: 3 })
    const ids = await enqueueWaiting(node, 1, 2, 3, 4, 5)
    await begun(node, 3)
    await node.oban.scaleQueue('default', { limit: 1 })
    const starts: number[] = []
    for (const number of [1, 2, 3, 4, 5]) {
      await finish(node, ids[number - 1], number)
      starts.push(node.told.all('job.start').length)
      // The claim that follows may still be under way.
      if (number >= 3) await begun(node, Math.min(number + 1, 5))
    }

    expect(starts.slice(0, 2)).toEqual([3, 3])
    expect(node.told.all('job.stop')).toHaveLength(5)
  })

  test('gives new jobs to new threads', async () => {
    const node = await start({ limit: 2, threads: 1 })
    await enqueueWaiting(node, 1, 2)
    await begun(node, 2)
    await node.oban.scaleQueue('default', { limit: 4, threads: 2 })
    await enqueueWaiting(node, 3, 4)
    await begun(node, 4)

    expect(threadsOf(node)).toEqual([
      [1, 'up', 2],
      [2, 'up', 2],
    ])
  })

  test('has the least loaded threads go, each once it is empty, or keeps them after all', async () => {
    const node = await start({ limit: 4, threads: 3 })
    const ids = await enqueueWaiting(node, 1, 2, 3, 4)
    await begun(node, 4)
    await node.oban.scaleQueue('default', { threads: 1 })
    expect(threadsOf(node)).toEqual([
      [1, 'up', 2],
      [2, 'draining', 1],
      [3, 'draining', 1],
    ])
    await node.oban.scaleQueue('default', { threads: 2 })
    expect(threadsOf(node)).toEqual([
      [1, 'up', 2],
      [2, 'up', 1],
      [3, 'draining', 1],
    ])
    await finish(node, ids[2], 3)
    await node.told.until(
      'thread.exit',
      ({ thread, cause }) => thread === 3 && cause === 'shutdown',
    )
    await node.oban.scaleQueue('default', { threads: 3 })
    await enqueueWaiting(node, 5)
    await begun(node, 5)

    expect(threadsOf(node)?.map(([, state, running]) => [state, running])).toEqual([
      ['up', 2],
      ['up', 1],
      ['up', 1],
    ])
    expect(node.told.all('job.exception')).toEqual([])
  })

  test('gives a thread that is to go nothing more, though it has least to do', async () => {
    const node = await start({ limit: 4, threads: 2 })
    await enqueueWaiting(node, 1, 2, 3)
    await begun(node, 3)
    await node.oban.scaleQueue('default', { threads: 1 })
    await enqueueWaiting(node, 4)
    await begun(node, 4)

    expect(threadsOf(node)).toEqual([
      [1, 'up', 3],
      [2, 'draining', 1],
    ])
  })

  test('has a thread that sleeps go at once', async () => {
    const node = await start({ limit: 3, threads: 3 })
    await node.oban.scaleQueue('default', { threads: 1 })

    expect(threadsOf(node)).toEqual([[1, 'asleep', 0]])
  })

  test('holds what was asked for last of calls at the same time', async () => {
    const node = await start({ limit: 9 })
    await Promise.all(
      [4, 1, 3, 2].map((threads) =>
        node.oban.scaleQueue('default', { threads, limit: threads + 2 }),
      ),
    )

    expect(node.oban.checkQueue('default')?.limit).toBe(4)
    expect(threadsOf(node)).toHaveLength(2)
  })

  test('keeps idle threads under a limit that falls below them', async () => {
    const node = await start({ limit: 3, threads: 3 })
    await node.oban.scaleQueue('default', { limit: 1 })

    expect(threadsOf(node)).toHaveLength(3)
    await expect(node.oban.scaleQueue('default', { threads: 2 })).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
      problems: [{ path: 'threads', message: 'expected at most the limit of 1, found 2' }],
    })
  })

  test('refuses what it cannot do, and changes nothing', async () => {
    const { oban } = await start({ limit: 3, threads: 2 })
    const scale = (options: object, queue = 'default') => oban.scaleQueue(queue, options)
    await expect(scale({ limit: 0 })).rejects.toMatchObject({ problems: [{ path: 'limit' }] })
    await expect(scale({ limit: 1.5 })).rejects.toMatchObject({ code: 'OBAN_CONFIG' })
    await expect(scale({})).rejects.toThrow('expected limit, threads or both, found neither')
    await expect(scale({ limt: 3 })).rejects.toMatchObject({
      problems: [{ path: 'limt', suggestion: 'limit' }],
    })
    await expect(scale({ threads: 1 }, 'other')).rejects.toThrow('an inline queue has none')
    await expect(scale({ limit: 1, localOnly: true }, 'defualt')).rejects.toMatchObject({
      code: 'OBAN_UNKNOWN_QUEUE',
      queue: 'defualt',
      suggestion: 'default',
      message:
        'queue "defualt" does not run on this node (did you mean "default"?); it runs default, other',
    })

    expect(oban.checkQueue('default')).toMatchObject({ limit: 3, threads: { length: 2 } })
  })

  test('needs an instance that runs', async () => {
    const { oban } = await start()
    await oban.stop()
    const scale: QueueScale = { limit: 1 }

    await expect(oban.scaleQueue('default', scale)).rejects.toMatchObject({ code: 'OBAN_STOPPED' })
  })
})

describe('pauseQueue', () => {
  test('lets running jobs go on, and claims nothing until it is resumed', async () => {
    const node = await start({ limit: 1 })
    const [first, second] = await enqueueWaiting(node, 1, 2)
    await begun(node, 1)
    await node.oban.pauseQueue('default')
    await node.oban.pauseQueue('default')
    await finish(node, first, 1)
    // It passes the stager and the notifier as the paused queue's job does.
    await node.oban.enqueue('Echo', {}, { queue: 'other' })
    await node.told.until('job.stop', ({ queue }) => queue === 'other')
    expect(node.oban.checkQueue('default')).toMatchObject({ paused: true, running: [] })
    expect(node.told.all('job.start').filter(({ queue }) => queue === 'default')).toHaveLength(1)
    await node.oban.resumeQueue('default')
    await node.oban.resumeQueue('default')
    await begun(node, 2)
    await finish(node, second, 2)

    expect(node.oban.checkQueue('default')?.paused).toBe(false)
  })

  test('gives back what was claimed ahead, all of it in one go', async () => {
    const node = await start({ limit: 2, prefetch: 500 })
    await enqueueWaiting(node, ...Array.from({ length: 502 }, (_, index) => index))
    await begun(node, 2)
    const prefetched = node.oban.checkQueue('default')?.prefetched ?? []
    expect(prefetched).toHaveLength(500)
    await node.oban.pauseQueue('default')
    expect(node.oban.checkQueue('default')?.prefetched).toEqual([])
    const flushed = await node.told.until('acker.flush')

    expect(flushed.count).toBe(500)
    expect(
      await database.query(
        'SELECT state::text, attempt, count(*)::int FROM oban_jobs GROUP BY 1, 2 ORDER BY 1',
      ),
    ).toEqual([
      { state: 'available', attempt: 0, count: 500 },
      { state: 'executing', attempt: 1, count: 2 },
    ])
  })

  test('is for queues that run here, when it is for this node only', async () => {
    const { oban } = await start()

    const here = { localOnly: true }
    const code = 'OBAN_UNKNOWN_QUEUE'

    await expect(oban.pauseQueue('none', here)).rejects.toMatchObject({ code })
    await expect(oban.resumeQueue('none', here)).rejects.toMatchObject({ code })
    expect(await oban.pauseQueue('none')).toBe(undefined)
  })
})

describe('pauseAllQueues', () => {
  test('pauses every queue, and resumeAllQueues has them go on', async () => {
    const node = await start()
    await node.oban.pauseAllQueues()
    expect(node.oban.checkAllQueues().map(({ paused }) => paused)).toEqual([true, true])
    const job = await node.oban.enqueue('Echo', {})
    await node.oban.resumeAllQueues()
    await node.told.ended(job.id)

    expect(node.oban.checkAllQueues().map(({ paused }) => paused)).toEqual([false, false])
  })
})
