import { beforeEach, describe, expect, test } from 'vitest'
import { whichChildren } from '../../supervisors/index.ts'
import { parseQueue } from '../../src/config/queue.ts'
import { startQueue, stopQueue } from '../../src/runtime/queues/queues.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { say } from '../support/say.ts'
import { kill, startTree } from '../support/tree.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const start = () =>
  startOban({ database: database.url, workers: [workerModule], queues: { default: 2 } })

const producers = () => database.query('SELECT queue FROM oban_ts_producers ORDER BY queue')

const queuesOf = ({ oban }: Awaited<ReturnType<typeof start>>) =>
  oban.checkAllQueues().map(({ queue }) => queue)

describe('startQueue', () => {
  test('runs the jobs that wait, and is seen everywhere', async () => {
    const node = await start()
    const early = await node.oban.enqueue('Echo', {}, { queue: 'late' })
    await node.oban.startQueue('late', { limit: 3, threads: 2, prefetch: 5 })
    const soon = await node.oban.enqueue('Echo', {}, { queue: 'late' })
    await Promise.all([early, soon].map(({ id }) => node.told.ended(id)))

    expect(queuesOf(node)).toEqual(['default', 'late'])
    expect(node.oban.checkQueue('late')).toMatchObject({ limit: 3, threads: { length: 2 } })
    expect(JSON.stringify(node.oban.snapshot())).toContain('"late"')
    expect(
      await database.query('SELECT queue, meta FROM oban_ts_producers ORDER BY queue'),
    ).toEqual([
      { queue: 'default', meta: {} },
      { queue: 'late', meta: { prefetch: 5 } },
    ])
  })

  test('has due jobs of the queue staged', async () => {
    const node = await start()
    await node.oban.startQueue('late', 1)
    const { id } = await node.oban.enqueue('Echo', {}, { queue: 'late', scheduleIn: 0.01 })
    await node.told.ended(id)

    expect(await node.oban.getJob(id)).toMatchObject({ state: 'completed' })
  })

  test('starts one paused, or inline', async () => {
    const node = await start()
    const { id } = await node.oban.enqueue('Echo', {}, { queue: 'late' })
    await node.oban.startQueue('late', { limit: 1, execution: 'inline', paused: true })
    expect(node.oban.checkQueue('late')).toMatchObject({ paused: true, threads: [] })
    await node.oban.resumeQueue('late')
    await node.told.ended(id)

    expect(await node.oban.getJob(id)).toMatchObject({ state: 'completed' })
  })

  test('changes nothing about a queue that runs', async () => {
    const { oban } = await start()
    await oban.scaleQueue('default', { limit: 7 })
    const uuid = oban.checkQueue('default')?.uuid
    await oban.startQueue('default', { limit: 1, paused: true })

    expect(oban.checkQueue('default')).toMatchObject({ limit: 7, paused: false, uuid })
  })

  test('refuses what the configuration would refuse', async () => {
    const { oban } = await start()
    await expect(oban.startQueue('late', { limit: 1, threads: 2 })).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
      problems: [{ path: 'queues.late.threads' }],
    })
    await expect(oban.startQueue('', 1)).rejects.toMatchObject({ code: 'OBAN_CONFIG' })
    const mistyped = { limit: 1, thread: 1 }
    await expect(oban.startQueue('late', mistyped)).rejects.toMatchObject({
      problems: [{ path: 'queues.late.thread', suggestion: 'threads' }],
    })

    expect(oban.checkQueue('late')).toBe(undefined)
  })

  test('gives an instance without queues its first one', async () => {
    const node = await startOban({ database: database.url, workers: [workerModule] })
    await node.oban.startQueue('late', 1)
    const { id } = await node.oban.enqueue('Echo', {}, { queue: 'late' })
    await node.told.ended(id)

    expect(queuesOf(node)).toEqual(['late'])
  })

  test('needs an instance that runs, when it is for this node only', async () => {
    const { oban } = makeOban({ database: database.url })

    await expect(oban.startQueue('late', 1, { localOnly: true })).rejects.toMatchObject({
      code: 'OBAN_NOT_RUNNING',
    })
  })
})

describe('stopQueue', () => {
  test('lets running jobs finish, and leaves nothing of the queue but its jobs', async () => {
    const node = await start()
    await node.oban.scaleQueue('default', { limit: 1 })
    const [running, waiting] = await node.oban.enqueueMany(
      [{ word: 'stop' }, {}].map((args) => ({ worker: 'Wait', args, options: {} })),
    )
    await node.told.until('job.log')
    const stopped = node.oban.stopQueue('default')
    const again = node.oban.stopQueue('default')
    expect(queuesOf(node)).toEqual(['default'])
    expect(node.oban.checkQueue('default')?.shutdownStartedAt).toEqual(expect.any(Date))
    say('stop')
    await Promise.all([stopped, again])

    expect(queuesOf(node)).toEqual([])
    expect(JSON.stringify(node.oban.snapshot())).not.toContain('"default"')
    expect(await producers()).toEqual([])
    expect(await node.oban.getJob(running?.id ?? 0)).toMatchObject({ state: 'completed' })
    expect(await node.oban.getJob(waiting?.id ?? 0)).toMatchObject({
      state: 'available',
      attempt: 0,
    })
    await expect(node.oban.stopQueue('default', { localOnly: true })).rejects.toMatchObject({
      code: 'OBAN_UNKNOWN_QUEUE',
      message: 'queue "default" does not run on this node; it runs none',
    })
  })

  test('and startQueue again have it run again', async () => {
    const node = await start()
    await node.oban.stopQueue('default')
    const { id } = await node.oban.enqueue('Echo', {})
    await node.oban.startQueue('default', 1)
    await node.told.ended(id)

    expect(node.oban.checkQueue('default')?.limit).toBe(1)
    expect(await producers()).toEqual([{ queue: 'default' }])
  })

  test('and startQueue happen one after the other, whoever comes between', async () => {
    const node = await start()
    const { oban } = node
    await Promise.all([
      oban.startQueue('late', 1),
      oban.stopQueue('late'),
      oban.startQueue('late', 2),
      oban.stopQueue('late'),
      oban.startQueue('late', 3),
      oban.stopQueue('default'),
    ])

    // It registers once it is up.
    const { id } = await oban.enqueue('Echo', {}, { queue: 'late' })
    await node.told.ended(id)
    expect(oban.checkAllQueues().map(({ queue, limit }) => [queue, limit])).toEqual([['late', 3]])
    expect(await producers()).toEqual([{ queue: 'late' }])
  })

  test('is overtaken by the stop of the instance', async () => {
    const node = await start()
    const { id } = await node.oban.enqueue('Wait', { word: 'overtaken' })
    await node.told.until('job.log')
    const stopping = node.oban.stopQueue('default')
    const starting = node.oban.startQueue('default', 5)
    const refused = expect(starting).rejects.toMatchObject({ code: 'OBAN_STOPPED' })
    const stopped = node.oban.stop()
    say('overtaken')
    await Promise.all([stopping, stopped, refused])

    expect(await producers()).toEqual([])
    expect(await database.query('SELECT state::text FROM oban_jobs WHERE id = $1', [id])).toEqual([
      { state: 'completed' },
    ])
  })

  test.each(['nursery/foreman', 'nursery/midwife', 'nursery'])(
    'holds when %s starts again',
    async (path) => {
      const tree = await startTree(database.url)
      await stopQueue(tree.runtime, 'other')
      await startQueue(tree.runtime, parseQueue('late', 1, tree.runtime.config))
      kill(tree.root, path)
      for (const queue of ['default', 'late']) {
        await tree.told.ended(await tree.enqueue('Where', {}, queue))
      }
      const foreman = tree.runtime.whereis('foreman')

      expect(foreman && whichChildren(foreman).map(({ id }) => id)).toEqual(['default', 'late'])
    },
  )

  test('holds when the foreman ends while the queue drains', async () => {
    const tree = await startTree(database.url)
    const id = await tree.enqueue('Wait', { word: 'drain' }, 'other')
    await tree.begun(id)
    const stopped = stopQueue(tree.runtime, 'other')
    kill(tree.root, 'nursery/foreman')
    await stopped
    await tree.told.ended(await tree.enqueue('Where'))
    const foreman = tree.runtime.whereis('foreman')

    expect(foreman && whichChildren(foreman).map(({ id: queue }) => queue)).toEqual(['default'])
  })
})
