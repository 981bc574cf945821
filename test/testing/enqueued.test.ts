import { expect, describe, test } from 'vitest'
import { z } from 'zod'
import { type AnyWorker, defineWorker, type JobOptions, type Oban } from '../../src/index.ts'
import {
  allEnqueued,
  anything,
  assertEnqueued,
  type Expectation,
  matching,
  refuteEnqueued,
  withTestingMode,
} from '../../src/testing/index.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban } from '../support/oban.ts'

const database = useDatabase()

const Resize = defineWorker({
  name: 'Enqueued.Resize',
  queue: 'media',
  args: z.object({
    path: z.string(),
    width: z.number().default(80),
    crops: z.array(z.object({ x: z.number(), y: z.number() })).optional(),
    at: z.coerce.date().optional(),
  }),
  process() {},
})
const Mail = defineWorker({ name: 'Enqueued.Mail', process() {} })

/** An instance in an empty table. */
async function emptied(): Promise<Oban> {
  await database.query('TRUNCATE oban_jobs RESTART IDENTITY')

  return makeOban({ database: database.url, testing: 'manual' }).oban
}

async function enqueued(options: JobOptions<'path'> = {}, path = 'a.png') {
  const oban = await emptied()
  const job = await Resize.enqueue({ path, width: 90 }, { ...options, oban })

  return { oban, job }
}

describe('assertEnqueued', () => {
  test('returns the newest job that fits, typed as the worker', async () => {
    const { oban } = await enqueued()
    const second = await Resize.enqueue({ path: 'a.png', width: 90 }, { oban })
    await Resize.enqueue({ path: 'b.png' }, { oban })

    const { id, args } = await assertEnqueued({ worker: Resize, args: { path: 'a.png' } }, { oban })

    expect({ id, path: args.path }).toEqual({ id: second.id, path: 'a.png' })
  })

  test('finds the instance by its name', async () => {
    const { oban, job } = await enqueued()

    expect((await assertEnqueued({}, { oban: oban.name })).id).toBe(job.id)
  })

  test.each<Expectation<AnyWorker>>([
    { worker: 'Enqueued.Resize' },
    { queue: 'media', priority: 3 },
    { tags: 'A' },
    { tags: ['b', 'a'] },
    { meta: { tenant: { id: 7 } } },
    { args: {} },
    { args: { width: 90 }, meta: {} },
    { state: ['scheduled', 'completed'] },
    { maxAttempts: 4, attempt: 0 },
    { worker: expect.stringContaining('Resize'), queue: anything, state: anything },
    { args: { path: expect.any(String), width: expect.closeTo(90.01, 1) } },
    { args: expect.objectContaining({ width: 90 }) },
    { args: { path: anything, width: matching((width) => Number(width) > 80) } },
    { completedAt: null, scheduledAt: anything },
    { scheduledIn: { minutes: 5 } },
    { scheduledIn: 300.9 },
  ])('knows that a job fits %o', async (expectation) => {
    const { oban, job } = await enqueued({
      priority: 3,
      tags: ['a', 'b', 'c'],
      meta: { tenant: { id: 7, name: 'x' } },
      maxAttempts: 4,
      scheduleIn: { minutes: 5 },
    })

    expect((await assertEnqueued(expectation, { oban })).id).toBe(job.id)
    await expect(refuteEnqueued(expectation, { oban })).rejects.toThrow(`job ${job.id} of`)
  })

  test.each<Expectation<AnyWorker>>([
    { worker: 'Enqueued' },
    { worker: Mail },
    { queue: 'medi', worker: Resize },
    { priority: 4 },
    { tags: ['a', 'd'] },
    { meta: { tenant: { id: '7' } } },
    { args: { width: 80 } },
    { args: { widht: anything } },
    { args: { path: expect.any(Number) } },
    { args: { path: ['a.png'] } },
    { args: { path: {} } },
    { state: 'available' },
    { scheduledIn: 298 },
    { completedAt: anything, args: { width: matching(() => false) } },
    { completedAt: new Date(0) },
  ])('knows that none fits %o', async (expectation) => {
    const { oban } = await enqueued({
      priority: 3,
      tags: ['a', 'b'],
      meta: { tenant: { id: 7 } },
      scheduleIn: { minutes: 5 },
    })

    await refuteEnqueued(expectation, { oban })
    await expect(assertEnqueued(expectation, { oban })).rejects.toThrow('expected a job to be')
  })

  test('takes a list for some of the elements, in any order, and an empty one for none', async () => {
    const oban = await emptied()
    const crops = [
      { x: 1, y: 2 },
      { x: 3, y: 4 },
    ]
    await Resize.enqueue({ path: 'a.png', crops }, { oban })
    const fits = async (expected: readonly object[]) =>
      (await allEnqueued({ args: { crops: expected } }, { oban })).length === 1

    expect(await fits([{ x: 3 }, { y: 2 }])).toBe(true)
    expect(await fits([{ x: 1, y: 4 }])).toBe(false)
    expect(await fits([{ x: anything }])).toBe(true)
    expect(await fits([])).toBe(false)
  })

  test('compares what is stored with what would be stored', async () => {
    const oban = await emptied()
    const at = new Date('2030-01-31T09:00:00.123Z')
    await Resize.enqueue({ path: 'a.png', at }, { oban })

    await assertEnqueued({ worker: Resize, args: { at } }, { oban })
    await refuteEnqueued({ worker: Resize, args: { at: new Date(0) } }, { oban })
  })

  test('lets times be off by a second, or by `delta`', async () => {
    const scheduledAt = new Date('2030-01-31T09:00:00Z')
    const { oban } = await enqueued({ scheduledAt })
    const off = (ms: number) => ({ scheduledAt: new Date(scheduledAt.getTime() + ms) })

    await assertEnqueued(off(1_000), { oban })
    await assertEnqueued(off(-1_000), { oban })
    await refuteEnqueued(off(1_001), { oban })
    await assertEnqueued(off(1_001), { oban, delta: 2 })
    await assertEnqueued(off(60_000), { oban, delta: { minutes: 1 } })
    await refuteEnqueued(off(1), { oban, delta: 0 })
  })

  test('counts a delay from the insert, and after another schedule from now', async () => {
    const { oban, job } = await enqueued({ scheduleIn: 300 })
    await database.query(`
      UPDATE oban_jobs SET inserted_at = inserted_at - interval '1 hour',
                           scheduled_at = scheduled_at - interval '1 hour'`)
    await assertEnqueued({ scheduledIn: 300 }, { oban })

    await oban.updateJob(job.id, { scheduleIn: 600 })
    await assertEnqueued({ scheduledIn: 600 }, { oban, delta: 60 })
  })

  test('looks at jobs that have yet to run, unless others are asked for', async () => {
    const { oban, job } = await enqueued()
    await oban.cancelJob(job.id)

    await refuteEnqueued({ worker: Resize }, { oban })
    await assertEnqueued({ worker: Resize, state: 'cancelled' }, { oban })
    await assertEnqueued({ worker: Resize, state: anything }, { oban })
    await database.query(`UPDATE oban_jobs SET state = 'suspended'`)
    await assertEnqueued({ worker: Resize }, { oban })
  })

  test('sees through a client what its transaction has stored, and nobody else', async () => {
    const oban = await emptied()
    const client = await database.pool.connect()
    try {
      await client.query('BEGIN')
      await Mail.enqueue({}, { client, oban })

      await assertEnqueued({ worker: Mail }, { client, oban })
      await refuteEnqueued({ worker: Mail }, { oban })
    } finally {
      await client.query('ROLLBACK')
      client.release()
    }
  })

  test('waits for a job of this process and for one of another', async () => {
    const oban = await emptied()
    const timeout = { seconds: 20 }
    const own = assertEnqueued({ worker: Mail }, { oban, timeout })
    const other = assertEnqueued({ worker: 'Elixir.Mailer' }, { oban, timeout })
    await refuteEnqueued({}, { oban })
    const { id } = await Mail.enqueue({}, { oban })
    await database.query(
      `INSERT INTO oban_jobs (worker, queue, args) VALUES ('Elixir.Mailer', 'ex', '{}')`,
    )

    expect((await own).id).toBe(id)
    expect((await other).queue).toBe('ex')
  })
})

describe('refuteEnqueued', () => {
  test('sees a job that comes while it waits', async () => {
    const oban = await emptied()
    const refuted = refuteEnqueued({ worker: Mail }, { oban, timeout: { seconds: 20 } })
    const rejected = expect(refuted).rejects.toThrow(/^expected no job to be enqueued within 20 s/)
    await Mail.enqueue({}, { oban })

    await rejected
  })

  test('passes when none has come', async () => {
    const oban = await emptied()

    await refuteEnqueued({}, { oban, timeout: { milliseconds: 30 } })
  })
})

describe('allEnqueued', () => {
  test('returns what fits, the newest first', async () => {
    const oban = await emptied()
    const requests = ['a', 'b', 'a'].map((path) => Resize.new({ path }))
    const [first, , third] = await oban.enqueueMany(requests)
    const jobs = await allEnqueued({ worker: Resize, args: { path: 'a' } }, { oban })

    expect(jobs.map(({ id }) => id)).toEqual([third?.id, first?.id])
    expect(await allEnqueued({ queue: 'other' }, { oban })).toEqual([])
    expect(await allEnqueued(undefined, { oban })).toHaveLength(3)
  })

  test('reads as many pages as there are', async () => {
    const oban = await emptied()
    await oban.enqueueMany(Array.from({ length: 2_100 }, () => Mail.new()))

    expect(await allEnqueued({ worker: Mail }, { oban })).toHaveLength(2_100)
  })
})

describe('an expectation', () => {
  test.each([
    [{ wroker: 'A' }, 'wroker: is not an option (did you mean "worker"?)'],
    [{ worker: undefined }, 'worker: is undefined; leave it out'],
    [{ args: { path: undefined } }, 'args.path: is undefined; leave it out, or give `anything`'],
    [{ args: { list: [{ id: 7n }] } }, 'args.list[0].id: is a bigint, which JSON has not'],
    [{ args: 5 }, `args: must be an object that the job's contain, got 5`],
    [{ state: 'complete' }, 'got \'complete\' (did you mean "completed"?)'],
    [{ state: [] }, 'state: is an empty list'],
    [{ attempt: 'one' }, `attempt: must be a whole number, got 'one'`],
    [{ scheduledIn: -1 }, 'scheduledIn: must not be negative, got -1'],
    [{ scheduledAt: 'soon' }, `scheduledAt: must be a Date`],
    [Mail, 'is the worker Enqueued.Mail; write { worker: … }'],
    [null, 'must be an object such as { worker, args }, got null'],
  ])('that cannot be used is refused: %o', async (expectation, message) => {
    const { oban } = makeOban({ database: database.url })
    const wrong = expectation as object

    for (const asks of [assertEnqueued, refuteEnqueued, allEnqueued]) {
      await expect(asks(wrong, { oban })).rejects.toMatchObject({
        code: 'OBAN_INVALID_FILTER',
        message: expect.stringContaining(message),
      })
      // As when the arguments come second: the first mistake is told, not what follows from it.
      const second: object = { oban, path: 'a.png' }
      await expect(asks(wrong, second)).rejects.toThrow(message)
    }
  })

  test('that refers back to itself is refused', async () => {
    const { oban } = makeOban({ database: database.url })
    const args: { [key: string]: unknown } = {}
    args['self'] = args

    await expect(assertEnqueued({ args: args as object }, { oban })).rejects.toThrow(
      'nested too deep',
    )
  })

  test.each([
    [{ timeout: 100 }, 'timeout: must name its unit'],
    [{ delta: -1 }, 'delta: must not be negative'],
    [{ clint: undefined }, 'clint: is not an option (did you mean "client"?)'],
    [{ oban: {} }, 'oban: must be an instance or its name, got {}'],
  ])('is refused with the options %o', async (options, message) => {
    await expect(refuteEnqueued({}, options as object)).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
      message: expect.stringContaining(message),
    })
  })

  test('needs an instance', async () => {
    await expect(assertEnqueued({}, { oban: 'nobody' })).rejects.toMatchObject({
      code: 'OBAN_NOT_FOUND',
    })
  })

  test('is refused where nothing is stored, so that no refusal passes by that', async () => {
    const { oban } = makeOban({ database: database.url })

    await expect(
      withTestingMode('inline', () => refuteEnqueued({}, { oban })),
    ).rejects.toMatchObject({
      code: 'OBAN_TESTING',
      message: expect.stringContaining('look at the job that enqueue() returns'),
    })
  })
})
