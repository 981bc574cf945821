import { Pool } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { Oban } from '../src/oban.ts'
import { defineWorker } from '../src/worker.ts'
import { useDatabase } from './support/database.ts'
import { makeOban, startOban } from './support/oban.ts'

const database = useDatabase()

const Resize = defineWorker({
  name: 'Media.Resize',
  queue: 'media',
  maxAttempts: 5,
  priority: 1,
  tags: ['Media', 'images '],
  args: z.object({ path: z.string(), width: z.coerce.number().int().positive() }),
  process: () => {},
})

const at = (width: number) => Resize.new({ path: 'x', width }, { queue: 'many' })

const count = async (queue: string) => {
  const rows = await database.query('SELECT id FROM oban_jobs WHERE queue = $1', [queue])

  return rows.length
}

describe('oban', () => {
  test('is found by its name from its construction to its end', async () => {
    const { oban } = makeOban({ database: database.url })
    expect(Oban.get(oban.name)).toBe(oban)
    await oban.stop()

    expect(() => Oban.get(oban.name)).toThrow(expect.objectContaining({ code: 'OBAN_NOT_FOUND' }))
  })

  test('leaves its name to an instance that took it over', async () => {
    const { oban } = makeOban({ database: database.url })
    const { oban: second } = makeOban({ database: database.url, name: oban.name })
    await oban.stop()

    expect(Oban.get(second.name)).toBe(second)
  })

  test('enqueues what a worker defines, with options of the job over its own', async () => {
    const { oban } = makeOban({ database: database.url })
    const own = await oban.enqueue(Resize.new({ path: 'a.png', width: 80 }))
    const changed = await Resize.enqueue(
      { path: 'b.png', width: '90' },
      { oban, priority: 0, tags: [], meta: { tenant: 7 }, maxAttempts: 1, queue: 'other' },
    )
    expect(own).toMatchObject({
      worker: 'Media.Resize',
      queue: 'media',
      maxAttempts: 5,
      priority: 1,
      tags: ['media', 'images'],
      args: { path: 'a.png', width: 80 },
      state: 'available',
      conflict: false,
    })
    expect(changed).toMatchObject({ priority: 0, tags: [], maxAttempts: 1, queue: 'other' })
    // What is stored is what was given: the schema runs again with the job.
    expect(await Resize.get(changed.id, { oban })).toMatchObject({
      args: { path: 'b.png', width: '90' },
      meta: { tenant: 7 },
    })
  })

  test('enqueues by name, with the definition if this program has it', async () => {
    const { oban } = makeOban({ database: database.url })
    const known = await oban.enqueue<typeof Resize>('Media.Resize', { path: 'a', width: 1 })
    const foreign = await oban.enqueue('My.Elixir.Worker', { a: 1 }, { queue: 'elixir' })

    expect(known).toMatchObject({ queue: 'media', maxAttempts: 5 })
    expect(foreign).toMatchObject({ queue: 'elixir', maxAttempts: 20, args: { a: 1 } })
    expect(await Resize.get(foreign.id, { oban })).toBe(undefined)
    await expect(
      oban.enqueue<typeof Resize>('Media.Resize', { path: 'secret', width: -1 }),
    ).rejects.toMatchObject({
      code: 'OBAN_INVALID_ARGS',
      message: expect.not.stringContaining('secret'),
    })
  })

  test('stores all of many jobs, or none', async () => {
    const { oban } = makeOban({ database: database.url })
    await expect(oban.enqueueMany([at(1), at(-1), at(2)])).rejects.toMatchObject({
      code: 'OBAN_INVALID_ARGS',
    })
    expect(await count('many')).toBe(0)

    const jobs = await oban.enqueueMany([at(3), at(1), at(2)])
    expect(jobs.map(({ args }) => args)).toMatchObject([{ width: 3 }, { width: 1 }, { width: 2 }])
    expect(await count('many')).toBe(3)
    expect(await oban.enqueueMany([])).toEqual([])
  })

  test('stores 2,500 jobs in one transaction', async () => {
    const { oban } = makeOban({ database: database.url })
    await database.query(
      `ALTER TABLE oban_jobs ADD CONSTRAINT bad CHECK (args ->> 'path' <> 'bad')`,
    )
    onTestFinished(async () => {
      await database.query('ALTER TABLE oban_jobs DROP CONSTRAINT bad')
    })
    const jobs = Array.from({ length: 2_500 }, (_, width) =>
      Resize.new({ path: 'x', width: width + 1 }, { queue: 'bulk' }),
    )
    const bad = Resize.new({ path: 'bad', width: 1 }, { queue: 'bulk' })
    await expect(oban.enqueueMany([...jobs, bad])).rejects.toMatchObject({ code: '23514' })
    expect(await count('bulk')).toBe(0)

    expect(await oban.enqueueMany(jobs)).toHaveLength(2_500)
    expect(await count('bulk')).toBe(2_500)
  })

  test.each([
    ['both ways of scheduling', { scheduleIn: 1, scheduledAt: new Date() }],
    ['a negative delay', { scheduleIn: -1 }],
    ['a priority beyond 9', { priority: 10 }],
    ['no attempts', { maxAttempts: 0 }],
    ['more attempts than Python can store', { maxAttempts: 32_768 }],
    ['a queue without a name', { queue: '' }],
    ['a queue with a name too long', { queue: 'q'.repeat(128) }],
    ['a meta that holds U+0000', { meta: { a: '\0' } }],
  ])('refuses %s', async (_, options) => {
    const { oban } = makeOban({ database: database.url })

    await expect(
      Resize.enqueue({ path: 'a', width: 1 }, { oban, ...options }),
    ).rejects.toMatchObject({ code: 'OBAN_INVALID_JOB' })
  })

  test('refuses arguments that PostgreSQL cannot store, or that are too large', async () => {
    const { oban } = makeOban({ database: database.url, maxArgsBytes: 100 })
    const large = { path: 'ü'.repeat(40), width: 1 }

    await expect(oban.enqueue('X', { path: 'a\0b' })).rejects.toMatchObject({
      code: 'OBAN_INVALID_ARGS',
    })
    expect(Buffer.byteLength(JSON.stringify(large))).toBe(101)
    await expect(Resize.enqueue(large, { oban })).rejects.toMatchObject({
      code: 'OBAN_INVALID_ARGS',
      message: expect.stringContaining('101 bytes'),
    })
    expect(await Resize.enqueue({ ...large, path: `${'ü'.repeat(39)}a` }, { oban })).toMatchObject({
      worker: 'Media.Resize',
    })
  })

  test('says that it does not run before its start', async () => {
    const { oban } = makeOban({ database: database.url, queues: { default: 1 } })
    const notRunning = expect.objectContaining({ code: 'OBAN_NOT_RUNNING' })

    expect(() => oban.checkQueue('default')).toThrow(notRunning)
    expect(() => oban.checkAllQueues()).toThrow(notRunning)
    expect(() => oban.snapshot()).toThrow(notRunning)
  })

  test('runs as a client without queues', async () => {
    const { oban } = await startOban({ database: database.url })

    expect(oban.checkAllQueues()).toEqual([])
    expect(await oban.enqueue('X', {}, { queue: 'nowhere' })).toMatchObject({ state: 'available' })
  })

  test('opens no connection before it needs one', async () => {
    const pool = new Pool({ connectionString: database.url })
    const { oban } = makeOban({ database: { pool } })
    await oban.stop()

    expect(pool.totalCount).toBe(0)
    await pool.end()
  })
})
