import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { defineWorker } from '../../src/worker.ts'
import type { Oban } from '../../src/oban.ts'
import { cancel, snooze } from '../../src/worker/results.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { openConnections } from '../support/connections.ts'
import { useDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { say } from '../support/say.ts'
import type { ObanOptions } from '../../src/config/options.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const inThreads = (options: ObanOptions = {}) =>
  startOban({
    database: database.url,
    workers: [workerModule],
    queues: { default: { limit: 5, threads: 2 } },
    ...options,
  })

const rows = () =>
  database.query<{ worker: string; state: string; attempt: number }>(
    'SELECT worker, state, attempt FROM oban_jobs ORDER BY id',
  )

const producers = () => database.query('SELECT uuid FROM oban_ts_producers')

const connections = () => openConnections(database)

async function elapsedMs(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await act()

  return performance.now() - startedAt
}

const Later = defineWorker({
  name: 'Later',
  args: typed<{ n?: number }>(),
  process: () => undefined,
})

/** Each by itself: what one call waits for others may have. */
const inTheLineBefore: readonly {
  readonly what: string
  readonly count: number
  readonly enqueue: (oban: Oban) => readonly Promise<unknown>[]
}[] = [
  {
    what: 'jobs',
    count: 3,
    enqueue: (oban) => [
      oban.enqueue('Later', {}),
      oban.enqueue(Later.new({})),
      Later.enqueue({}, { oban }),
    ],
  },
  {
    what: 'many jobs',
    count: 2,
    enqueue: (oban) => [oban.enqueueMany([Later.new({}), Later.new({})])],
  },
  {
    what: 'more unique jobs than a pool has connections',
    count: 30,
    enqueue: (oban) =>
      Array.from({ length: 30 }, (_, n) => oban.enqueue(Later.new({ n }, { unique: true }))),
  },
]

describe('stop', () => {
  test('lets running jobs finish within the grace, and starts no other', async () => {
    const { oban, told } = await inThreads({ queues: { default: 1 } })
    await oban.enqueue('Wait', { word: 'finish' })
    await oban.enqueue('Echo', {})
    await told.until('job.log', ({ message }) => message === 'begun')
    const stopped = oban.stop()
    say('finish')
    await stopped

    expect(await rows()).toEqual([
      { worker: 'Wait', state: 'completed', attempt: 1 },
      { worker: 'Echo', state: 'available', attempt: 0 },
    ])
    expect(await producers()).toEqual([])
    expect(await connections()).toEqual([])
  })

  test.each(inTheLineBefore)(
    'stores $what, enqueued in the line before it',
    async ({ count, enqueue }) => {
      const { oban } = makeOban({ database: database.url })
      const enqueued = enqueue(oban)
      await oban.stop()
      await Promise.all(enqueued)

      expect(await rows()).toHaveLength(count)
    },
  )

  test('aborts what outlasts the grace, and gives it back at once for others', async () => {
    const { oban, told } = await inThreads({ shutdownGracePeriod: { milliseconds: 200 } })
    const [wait, deaf] = [await oban.enqueue('Wait', {}), await oban.enqueue('Deaf', {})]
    await told.until('job.log', ({ fields }) => fields['id'] === wait.id)
    await told.until('job.log', ({ fields }) => fields['id'] === deaf.id)
    const tookMs = await elapsedMs(() => oban.stop())

    // The grace, a second for what ignores its signal, and what ending threads takes.
    expect(tookMs).toBeGreaterThan(1_200)
    expect(tookMs).toBeLessThan(4_000)
    expect(told.all('job.log').at(-1)).toMatchObject({
      message: 'aborted',
      fields: { id: wait.id, code: 'OBAN_SHUTDOWN' },
    })
    expect(await rows()).toEqual([
      { worker: 'Wait', state: 'available', attempt: 0 },
      { worker: 'Deaf', state: 'available', attempt: 0 },
    ])
    expect(await producers()).toEqual([])
    expect(told.all('job.exception')).toEqual([])
  })

  test('lets a job in its grace enqueue, and nobody else', async () => {
    const { oban, told } = await inThreads()
    const { id } = await oban.enqueue('Last', { n: 1 })
    await told.until('job.log', ({ message }) => message === 'begun')
    const stopped = oban.stop()
    await expect(oban.enqueue('Echo', {})).rejects.toMatchObject({ code: 'OBAN_STOPPED' })
    say('last')
    await stopped

    expect(await rows()).toEqual([
      { worker: 'Last', state: 'completed', attempt: 1 },
      { worker: 'Last', state: 'scheduled', attempt: 0 },
    ])
    expect(told.all('job.stop')).toMatchObject([{ id, state: 'success' }])
  })

  test('lets an inline job in its grace enqueue', async () => {
    const held = gate()
    const Again = defineWorker({
      name: 'Again',
      args: typed<{ n: number }>(),
      process: async (job, { self }) => {
        await held.pass()
        await self.enqueue({ n: job.args.n + 1 }, { scheduleIn: 60 })
      },
    })
    const { oban } = await startOban({
      database: database.url,
      workers: [Again],
      queues: { default: { limit: 1, execution: 'inline' } },
    })
    await Again.enqueue({ n: 1 }, { oban })
    await held.reached()
    const stopped = oban.stop()
    held.open()
    await stopped

    expect((await rows()).map(({ state }) => state)).toEqual(['completed', 'scheduled'])
  })

  test('stores what jobs in their grace answer, whatever that is', async () => {
    const held = gate()
    const Answers = defineWorker({
      name: 'Answers',
      args: typed<{ with: 'cancel' | 'snooze' | 'throw' }>(),
      process: async (job) => {
        await held.pass()
        if (job.args.with === 'throw') throw new Error('no')
        throw job.args.with === 'snooze' ? snooze(60) : cancel('no use')
      },
    })
    const { oban } = await startOban({
      database: database.url,
      workers: [Answers],
      queues: { default: { limit: 3, execution: 'inline' } },
    })
    for (const answer of ['snooze', 'cancel', 'throw'] as const) {
      await Answers.enqueue({ with: answer }, { oban })
    }
    await held.reached(3)
    const stopped = oban.stop()
    held.open()
    await stopped

    expect(await rows()).toEqual([
      { worker: 'Answers', state: 'scheduled', attempt: 0 },
      { worker: 'Answers', state: 'cancelled', attempt: 1 },
      { worker: 'Answers', state: 'retryable', attempt: 1 },
    ])
    expect(await producers()).toEqual([])
  })

  test('leaves an inline body that does not end to the lifelines of others', async () => {
    const held = gate()
    onTestFinished(() => held.open())
    const Stuck = defineWorker({ name: 'Stuck', process: () => held.pass() })
    const { oban } = await startOban({
      database: database.url,
      workers: [Stuck],
      queues: { default: { limit: 1, execution: 'inline' } },
      shutdownGracePeriod: { milliseconds: 50 },
    })
    await Stuck.enqueue({}, { oban })
    await held.reached()
    await oban.stop()

    expect(await rows()).toEqual([{ worker: 'Stuck', state: 'executing', attempt: 1 }])
    expect(await producers()).toHaveLength(1)
  })

  test('is one for all callers, and leaves nothing behind', async () => {
    const { oban } = await inThreads()
    const first = oban.stop()
    expect(oban.stop()).toBe(first)
    await first
    await oban.closed

    expect(oban.stop()).toBe(first)
    expect(() => oban.checkQueue('default')).toThrow(
      expect.objectContaining({ code: 'OBAN_NOT_RUNNING' }),
    )
    for (const call of [
      oban.start(),
      oban.enqueue('Echo', {}),
      oban.enqueueMany([]),
      oban.getJob(1),
      oban.cancelJob(1),
      oban.retryJob(1),
      oban.deleteJob(1),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'OBAN_STOPPED' })
    }
    expect(await connections()).toEqual([])
  })

  test('ends a start that is under way, and leaves nothing of it', async () => {
    const { oban } = makeOban({
      database: database.url,
      workers: [workerModule],
      queues: { default: 1 },
    })
    const [started] = await Promise.allSettled([oban.start(), oban.stop()])

    expect(started).toMatchObject({ status: 'rejected', reason: { code: 'OBAN_STOPPED' } })
    expect(await producers()).toEqual([])
    expect(await connections()).toEqual([])
  })

  test('needs no start', async () => {
    const { oban } = makeOban({ database: database.url })
    await oban.enqueue('Echo', {})
    await oban.stop()
    await oban.closed

    expect(await connections()).toEqual([])
    const { oban: untouched } = makeOban({ database: database.url })
    await untouched.stop()
  })

  test('comes with the end of an `await using` block', async () => {
    const { oban } = makeOban({ database: database.url, queues: { default: 1 } })
    {
      await using scoped = oban
      await scoped.start()
      expect(scoped.checkAllQueues()).toHaveLength(1)
    }
    await oban.closed

    expect(await producers()).toEqual([])
  })

  test('leaves no row of a producer behind, however soon after the start it comes', async () => {
    for (let time = 0; time < 40; time += 1) {
      const { oban } = makeOban({ database: database.url, queues: { default: 1, other: 1 } })
      await oban.start()
      await oban.stop()
    }

    expect(await producers()).toEqual([])
  })

  test('by force ends at once, and leaves rows to the lifelines of others', async () => {
    const { oban, told } = await inThreads({ shutdownGracePeriod: 'infinity' })
    await oban.enqueue('Deaf', {})
    await told.until('job.log')
    const tookMs = await elapsedMs(() => oban.stop({ force: true }))

    expect(tookMs).toBeLessThan(2_000)
    expect(await rows()).toEqual([{ worker: 'Deaf', state: 'executing', attempt: 1 }])
    expect(await producers()).toHaveLength(1)
    expect(await connections()).toEqual([])
  })

  test('by force cuts a graceful one short', async () => {
    const { oban, told } = await inThreads({ shutdownGracePeriod: 'infinity' })
    await oban.enqueue('Deaf', {})
    await told.until('job.log')
    const graceful = oban.stop()
    const tookMs = await elapsedMs(() => Promise.all([graceful, oban.stop({ force: true })]))

    expect(tookMs).toBeLessThan(2_000)
  })
})
