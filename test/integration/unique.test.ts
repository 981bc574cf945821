import { describe, expect, test } from 'vitest'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { systemClock } from '../../src/clock.ts'
import { DatabaseStore } from '../../src/engine/database-store.ts'
import { Outlet } from '../../src/engine/outlet.ts'
import { defineJob } from '../../src/index.ts'
import { buildNewJob } from '../../src/job/new-job.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { makeOban } from '../support/oban.ts'

const database = useDatabase()

const Resize = defineJob({
  name: 'Unique.Resize',
  args: z.object({ path: z.string(), width: z.number().optional(), at: z.unknown().optional() }),
  unique: true,
})

/** An instance that nothing has started, and a path that no other test uses. */
function start() {
  const { oban } = makeOban({ database: { pool: database.pool } })

  return { oban, path: randomUUID() }
}

function connect() {
  return connectTo(database.url)
}

const countOf = async (path: string) => {
  const [row] = await database.query<{ count: string }>(
    `SELECT count(*) FROM oban_jobs WHERE args ->> 'path' = $1`,
    [path],
  )

  return Number(row?.count)
}

describe('a unique job', () => {
  test('is stored once, and found the next time', async () => {
    const { oban, path } = start()
    const first = await oban.enqueue(Resize.new({ path }))
    const second = await oban.enqueue(Resize.new({ path }))

    expect(first.conflict).toBe(false)
    expect(second).toEqual({ ...first, conflict: true })
    expect(await countOf(path)).toBe(1)
  })

  test('is stored again when its args differ, or it is not unique', async () => {
    const { oban, path } = start()
    await oban.enqueue(Resize.new({ path }))
    const jobs = [
      await oban.enqueue(Resize.new({ path, width: 1 })),
      await oban.enqueue(Resize.new({ path }, { unique: false })),
    ]

    expect(jobs.map(({ conflict }) => conflict)).toEqual([false, false])
  })

  test.each([1, 99, 2_500])('is stored once by a call with %i others', async (others) => {
    const { oban, path } = start()
    const requests = Array.from({ length: others + 1 }, (_, width) => Resize.new({ path, width }))
    const jobs = await oban.enqueueMany([...requests, ...requests.toReversed()])

    expect(await countOf(path)).toBe(others + 1)
    expect(jobs.map(({ args }) => Object(args).width)).toEqual([
      ...requests.keys(),
      ...[...requests.keys()].toReversed(),
    ])
    expect(jobs.map(({ conflict }) => conflict)).toEqual(
      jobs.map((_, index) => index >= requests.length),
    )
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(others + 1)
  })

  test('is stored once by 50 calls at the same time', async () => {
    const { oban, path } = start()
    const jobs = await Promise.all(
      Array.from({ length: 50 }, () => oban.enqueue(Resize.new({ path }))),
    )

    expect(jobs.filter(({ conflict }) => !conflict)).toHaveLength(1)
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1)
    expect(await countOf(path)).toBe(1)
  })

  test('replaces what the new one says', async () => {
    const { oban, path } = start()
    const first = await oban.enqueue(Resize.new({ path }, { tags: ['a'] }))
    const replaced = await oban.enqueue(
      Resize.new({ path }, { priority: 3, meta: { a: 1 }, replace: ['priority', 'meta', 'tags'] }),
    )

    expect(replaced).toEqual({ ...first, priority: 3, meta: { a: 1 }, conflict: true })
    expect(await oban.getJob(first.id)).toEqual({ ...replaced, conflict: false })
  })

  test('rides in a transaction of the caller', async () => {
    const { oban, path } = start()
    const client = await connect()
    await client.query('BEGIN')
    const first = await oban.enqueue(Resize.new({ path }), { client })
    const second = await oban.enqueue(Resize.new({ path }), { client })
    expect([first.conflict, second.conflict, second.id]).toEqual([false, true, first.id])
    await client.query('ROLLBACK')

    expect(await countOf(path)).toBe(0)
  })

  test('is counted in a stream as what became of it', async () => {
    const { oban, path } = start()
    async function* requests() {
      for (let width = 0; width < 2_300; width += 1)
        yield Resize.new({ path, width: width % 1_100 })
    }

    expect(await oban.enqueueMany(requests())).toEqual({ inserted: 1_100, conflicts: 1_200 })
    expect(await oban.enqueueMany(requests(), { atomic: true })).toEqual({
      inserted: 0,
      conflicts: 2_300,
    })
  })

  test('costs a call without one nothing', async () => {
    const { oban, path } = start()
    const sent: string[] = []
    const client = {
      query: (text: string, values: (string | null)[]) => {
        sent.push(text)

        return database.pool.query(text, values)
      },
    }
    await oban.enqueue(Resize.new({ path }, { unique: false }), { client })
    await oban.enqueueMany([Resize.new({ path }, { unique: false })], { client })

    expect(sent.map((text) => text.split('\n')[0])).toEqual([
      expect.stringContaining('-- Insert jobs, and announce'),
      expect.stringContaining('-- Insert jobs, and announce'),
    ])
  })

  test('wakes the queue of the waiting job that it finds', async () => {
    const woken: string[] = []
    const store = new DatabaseStore({
      pool: database.pool,
      prefix: 'public',
      clock: systemClock,
      outlet: new Outlet({ prefix: 'public', exchange: undefined }),
      onAvailable: (queues) => void woken.push(...queues),
    })
    const find = async (state: string) => {
      const queue = `woken-${state}`
      await database.query(
        `INSERT INTO oban_jobs (worker, queue, state) VALUES ('Woken', $1, $2::oban_job_state)`,
        [queue, state],
      )
      const job = buildNewJob({ worker: 'Woken', args: {}, options: { queue, unique: true } }, {})

      return (await store.insert([job]))[0]?.conflict
    }

    expect([await find('executing'), await find('available')]).toEqual([true, true])
    expect(woken).toEqual(['woken-available'])
  })
})
