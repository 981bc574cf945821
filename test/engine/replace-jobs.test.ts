import { describe, expect, test } from 'vitest'
import { enqueueThrough } from '../../src/engine/enqueue.ts'
import { insertAll } from '../../src/engine/insert.ts'
import { buildNewJob, type JobOptions } from '../../src/job/new-job.ts'
import { parseJob } from '../../src/job.ts'
import type { QueryClient } from '../../src/job/query-client.ts'
import { type Bench, schemas, useBench } from './statements.ts'

const everything = [
  'args',
  'maxAttempts',
  'meta',
  'priority',
  'queue',
  'scheduledAt',
  'tags',
  'worker',
] as const

/** Jobs that are the same whatever they hold, as long as they are in the queue of the test. */
function sameInQueue({ queue }: Bench, options: JobOptions, args = { n: 1 }) {
  const unique = { fields: ['queue'], states: 'all' } as const

  return buildNewJob({ worker: 'Other', args, options: { queue, unique, ...options } }, args)
}

async function enqueue(bench: Bench, options: JobOptions, client: QueryClient = bench.db.client) {
  await client.query('BEGIN', [])
  const [row] = await enqueueThrough(client, bench.db.prefix, [sameInQueue(bench, options)])
  await client.query('COMMIT', [])

  return row && parseJob(row)
}

describe.each(schemas)('replace_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test('changes what the new job gives, and nothing else', async () => {
    const bench = await start()
    const id = await bench.insert({
      args: `'{"n": 0}'`,
      meta: `'{"m": 0}'`,
      tags: `ARRAY['a']`,
      priority: '4',
    })
    const untouched = await bench.job(id)
    await enqueue(bench, { replace: { scheduled: everything } })
    expect(await bench.job(id)).toEqual(untouched)

    await enqueue(bench, { replace: ['args', 'meta', 'tags', 'priority'] })
    expect(await bench.job(id)).toEqual({ ...untouched, args: { n: 1 } })

    const job = await enqueue(bench, {
      replace: everything,
      meta: {},
      tags: ['b', 'c'],
      priority: 0,
      maxAttempts: 3,
    })
    expect(job).toMatchObject({ id: Number(id), conflict: true, tags: ['b', 'c'], meta: {} })
    expect(await bench.job(id)).toEqual({
      ...untouched,
      worker: 'Other',
      args: { n: 1 },
      meta: {},
      tags: ['b', 'c'],
      priority: 0,
      max_attempts: 3,
    })
  })

  test('puts a waiting job off, and leaves the states of others alone', async () => {
    const bench = await start()
    const at = new Date('2031-02-03T04:05:06.789Z')
    for (const [state, expected] of [
      ['available', 'scheduled'],
      ['scheduled', 'scheduled'],
      ['retryable', 'retryable'],
      ['completed', 'completed'],
    ]) {
      const id = await bench.insert({ state: `'${state}'` })
      await enqueue(bench, { replace: ['scheduledAt'], scheduledAt: at })
      const row = await bench.job(id)
      expect(row).toMatchObject({ state: expected, scheduled_at: '2031-02-03T04:05:06.789' })
    }
  })

  test('leaves a job the attempts that it has had', async () => {
    const bench = await start()
    const id = await bench.insert({ state: `'retryable'`, attempt: '5' })
    await enqueue(bench, { replace: ['maxAttempts'], maxAttempts: 2 })

    expect(await bench.job(id)).toMatchObject({ attempt: 5, max_attempts: 5 })
  })

  test('looks again when the job it found has changed its state since', async () => {
    const bench = await start()
    const id = await bench.insert({ state: `'scheduled'` })
    const other = await bench.session()
    let moves = ['available', 'executing']
    // What happens between the look and the change.
    const meddling: QueryClient = {
      query: async (text, values) => {
        if (text.startsWith('-- Change jobs')) {
          const [state, ...rest] = moves
          moves = rest
          if (state !== undefined) {
            const table = `"${prefix}".oban_jobs`
            await other.client.query(`UPDATE ${table} SET state = '${state}' WHERE id = ${id}`)
          }
        }

        return bench.db.client.query(text, values)
      },
    }
    const replace = {
      scheduled: ['priority'],
      available: ['priority'],
      executing: ['tags'],
    } as const
    const job = await enqueue(bench, { replace, priority: 7, tags: ['new'] }, meddling)

    expect(job).toMatchObject({ state: 'executing', priority: 0, tags: ['new'], conflict: true })
    expect(moves).toEqual([])
  })

  test('changes one job of a call as the later ones say', async () => {
    const bench = await start()
    const jobs = [1, 2, 3].map((priority) =>
      sameInQueue(bench, { replace: ['priority', 'tags'], priority, tags: [`${priority}`] }),
    )
    await bench.db.client.query('BEGIN')
    const rows = await enqueueThrough(bench.db.client, prefix, jobs)
    await bench.db.client.query('COMMIT')

    const told = rows.map((row) => parseJob(row))

    expect(told.map(({ priority, tags, conflict }) => [priority, tags, conflict])).toEqual([
      [1, ['1'], false],
      [3, ['3'], true],
      [3, ['3'], true],
    ])
    expect(new Set(told.map(({ id }) => id)).size).toBe(1)
  })

  test('announces the queue that the job is in afterwards', async () => {
    const bench = await start()
    const [row] = await insertAll(bench.db.client, prefix, [sameInQueue(bench, {})])
    const { client } = await bench.session()
    const heard: unknown[] = []
    client.on('notification', ({ payload }) => heard.push(payload))
    await client.query(`LISTEN "${prefix}.oban_insert"`)
    const moved = `${bench.queue} moved`
    const unique = { fields: ['args'], states: 'incomplete' } as const
    const options = { unique, replace: ['queue'], queue: moved } as const
    const job = await enqueue(bench, options)
    await client.query('SELECT')

    expect(job).toMatchObject({ id: Number(row?.id), queue: moved })
    expect(heard.map((payload) => JSON.parse(String(payload)).queue)).toContain(moved)
  })
})
