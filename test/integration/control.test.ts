import type { TreeDescription } from '../../supervisors/index.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { defineWorker } from '../../src/worker.ts'
import { useDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { startOban, workerModule } from '../support/oban.ts'
import { say } from '../support/say.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const startThreads = () =>
  startOban({ database: database.url, workers: [workerModule], queues: { default: 2 } })

describe('cancelJob', () => {
  test('aborts the signal of a running job at once', async () => {
    const { oban, told } = await startThreads()
    await told.hears()
    const { id } = await oban.enqueue('Wait', {})
    await told.until('job.log')
    const cancelledAt = performance.now()
    expect(await oban.cancelJob(id)).toBe(true)
    await told.until('job.log', ({ message }) => message === 'aborted')
    const tookMs = performance.now() - cancelledAt
    const { state } = await told.until('job.stop')

    expect(tookMs).toBeLessThan(500)
    expect(state).toBe('cancelled')
    expect(await oban.getJob(id)).toMatchObject({
      state: 'cancelled',
      errors: [{ attempt: 1, error: expect.stringMatching(/^JobAbortedError: job was cancelled/) }],
    })
    expect(told.all('ack.lost')).toEqual([])
    expect(await oban.cancelJob(id)).toBe(false)
  })

  test('lets a completion win that was on its way', async () => {
    const held = gate()
    const Stubborn = defineWorker({ name: 'Stubborn', process: () => held.pass() })
    const { oban, told } = await startOban({
      database: database.url,
      workers: [Stubborn],
      queues: { default: { limit: 1, execution: 'inline' } },
    })
    const { id } = await Stubborn.enqueue({}, { oban })
    await held.reached()
    await oban.cancelJob(id)
    held.open()
    await told.ended(id)

    expect(await oban.getJob(id)).toMatchObject({ state: 'completed' })
  })

  test('is not needed for a job whose row somebody has deleted', async () => {
    const { oban, told } = await startThreads()
    const [gone, ended] = [
      await oban.enqueue('Wait', { word: 'never' }),
      await oban.enqueue('Wait', { word: 'deleted' }),
    ]
    await told.until('job.log', ({ fields }) => fields['id'] === gone.id)
    await database.query('DELETE FROM oban_jobs WHERE id = $1', [gone.id])
    // The next heartbeat finds that its row is gone.
    await told.until('job.log', ({ fields }) => fields['code'] === 'OBAN_CANCELLED')

    await told.until('job.log', ({ fields }) => fields['id'] === ended.id)
    await database.query('DELETE FROM oban_jobs WHERE id = $1', [ended.id])
    say('deleted')
    await told.until('ack.lost', ({ id }) => id === ended.id)
    const next = await oban.enqueue('Echo', {})
    await told.ended(next.id)

    expect(await database.query('SELECT id::int, state FROM oban_jobs')).toEqual([
      { id: next.id, state: 'completed' },
    ])
    expect(told.all('query.failed')).toEqual([])
  })

  test('changes nothing about a job that is not there', async () => {
    const { oban } = await startThreads()

    expect(await oban.cancelJob(999_999)).toBe(false)
    expect(await oban.retryJob(999_999)).toBe(false)
    expect(await oban.deleteJob(999_999)).toBe(false)
    for (const id of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      await expect(oban.cancelJob(id)).rejects.toMatchObject({ code: 'OBAN_INVALID_ID' })
    }
  })
})

describe('retryJob', () => {
  test('runs a job again that has completed, at once', async () => {
    const { oban, told } = await startThreads()
    const { id } = await oban.enqueue('Echo', {}, { maxAttempts: 1 })
    await told.ended(id)
    expect(await oban.retryJob(id)).toBe(true)
    await told.count('job.stop', 2)

    expect(await oban.getJob(id)).toMatchObject({ state: 'completed', attempt: 2, maxAttempts: 2 })
  })

  test('waits after a cancellation until the old run must have heard of it', async () => {
    const { oban, told } = await startThreads()
    const { id } = await oban.enqueue('Wait', {})
    await told.until('job.log')
    await oban.cancelJob(id)
    const cancelled = await oban.getJob(id)
    expect(await oban.retryJob(id)).toBe(true)
    const job = await oban.getJob(id)

    expect(job).toMatchObject({ state: 'scheduled', cancelledAt: null })
    expect(Number(job?.scheduledAt)).toBe(Number(cancelled?.cancelledAt) + 25_000)
  })
})

describe('deleteJob', () => {
  test('deletes a job unless it runs', async () => {
    const { oban, told } = await startThreads()
    const running = await oban.enqueue('Wait', {})
    const later = await oban.enqueue('Echo', {}, { scheduleIn: 60 })
    await told.until('job.log')

    expect(await oban.deleteJob(running.id)).toBe(false)
    expect(await oban.deleteJob(later.id)).toBe(true)
    expect(await oban.getJob(later.id)).toBe(undefined)
    await oban.cancelJob(running.id)
  })
})

describe('checkQueue', () => {
  test('shows what a queue does on this node', async () => {
    const { oban, told } = await startThreads()
    const { id } = await oban.enqueue('Wait', {})
    await told.until('job.log')
    const state = oban.checkQueue('default')

    expect(state).toEqual({
      queue: 'default',
      instance: oban.name,
      node: expect.stringMatching(/^\S+$/),
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      limit: 2,
      paused: false,
      running: [id],
      prefetched: [],
      ended: { completed: 0, failed: 0 },
      startedAt: expect.any(Date),
      updatedAt: expect.any(Date),
      shutdownStartedAt: null,
      threads: [
        {
          thread: 1,
          state: 'up',
          running: [id],
          jobs: 0,
          exits: 0,
          memoryBytes: expect.any(Number),
          utilization: expect.any(Number),
        },
      ],
    })
    expect(Date.now() - Number(state?.updatedAt)).toBeLessThan(10_000)
    expect(state?.threads[0]?.memoryBytes).toBeGreaterThan(2 ** 20)
    expect((await oban.getJob(id))?.attemptedBy).toEqual([state?.node, state?.uuid])
    expect(oban.checkQueue('other')).toBe(undefined)
    await oban.cancelJob(id)
  })

  test('shows a queue that starts paused, and claims nothing', async () => {
    const { oban, told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { default: { limit: 1, paused: true }, other: 1 },
    })
    await oban.enqueue('Echo', {})
    const { id } = await oban.enqueue('Echo', {}, { queue: 'other' })
    await told.ended(id)

    expect(oban.checkQueue('default')).toMatchObject({ paused: true, running: [] })
    expect(told.all('producer.fetch').map(({ queue }) => queue)).not.toContain('default')
  })
})

/** What the actors whose id begins like this show of themselves. */
function contextsOf({ children }: TreeDescription, id: string): unknown[] {
  return children.flatMap((child) => [
    ...(child.id.startsWith(id) ? [child.context] : []),
    ...(child.tree ? contextsOf(child.tree, id) : []),
  ])
}

const slotsIn = (tree: TreeDescription) => contextsOf(tree, 'thread/')

describe('snapshot', () => {
  test('is the whole tree as plain JSON', async () => {
    const { oban } = await startThreads()
    const tree = oban.snapshot()

    expect(JSON.parse(JSON.stringify(tree))).toEqual(tree)
    expect(tree.children.map(({ id, state }) => [id, state])).toEqual(
      ['db', 'notifier', 'refresher', 'acker', 'nursery', 'peer', 'sonar', 'harbor'].map((id) => [
        id,
        'up',
      ]),
    )
  })

  test('shows producers with their uuid and limit, and which threads are up', async () => {
    const { oban, told } = await startThreads()
    const [before] = slotsIn(oban.snapshot())
    const { id } = await oban.enqueue('Echo', {})
    await told.ended(id)
    const { uuid, limit } = oban.checkQueue('default') ?? {}

    expect(before).toEqual({ thread: 'asleep', exits: 0 })
    expect(slotsIn(oban.snapshot())).toContainEqual({ thread: 'up', exits: 0 })
    expect(contextsOf(oban.snapshot(), 'producer')).toEqual([{ uuid, limit }])
  })

  test('needs a running instance', async () => {
    const { oban } = await startThreads()
    await oban.stop()

    expect(() => oban.snapshot()).toThrow(expect.objectContaining({ code: 'OBAN_NOT_RUNNING' }))
  })
})
