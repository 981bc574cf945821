import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fetchJobs } from '../../src/engine/jobs.ts'
import { parseTextArray } from '../../src/job/text-array.ts'
import { rescueJobs } from '../../src/engine/producers.ts'
import { FRONT } from '../../src/protocol/claim-cursor.ts'
import { schemas, useBench } from './statements.ts'

const SECOND = `timezone('UTC', now()) - interval '1 second'`

describe.each(schemas)('fetch_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)

  async function startFetching() {
    const bench = await start()
    const uuid = await bench.producer()
    const fetch = async (limit: number, leftOut: string[] = [], db = bench.db) => {
      const rows = await fetchJobs(db, FRONT, bench.queue, limit, uuid, 'node.1', leftOut)

      return rows.map(({ id }) => id)
    }

    return { ...bench, uuid, fetch }
  }

  test('claims by priority, then time, then id', async () => {
    const { insert, fetch } = await startFetching()
    const fifth = await insert({ priority: '1' })
    const fourth = await insert({ scheduled_at: SECOND, priority: '1' })
    const first = await insert({ scheduled_at: SECOND })
    const second = await insert({ scheduled_at: `${SECOND} + interval '1 microsecond'` })
    const third = await insert({ scheduled_at: `${SECOND} + interval '1 microsecond'` })

    for (const id of [first, second, third, fourth, fifth]) expect(await fetch(1)).toEqual([id])
    expect(await fetch(1)).toEqual([])
  })

  test('claims what stands behind a place, by priority, then time, then id', async () => {
    const { db, insert, job, queue, uuid } = await startFetching()
    const early = `${SECOND} - interval '1 microsecond'`
    await insert({ scheduled_at: SECOND })
    await insert({ scheduled_at: early, priority: '1' })
    const first = await insert({ scheduled_at: SECOND, priority: '1' })
    const behind = [
      await insert({ scheduled_at: SECOND, priority: '1' }),
      await insert({ scheduled_at: `${SECOND} + interval '1 microsecond'`, priority: '1' }),
      await insert({ scheduled_at: early, priority: '2' }),
    ]

    const row = await job(first)
    const place = { priority: '1', scheduled_at: String(row['scheduled_at']), id: first }
    const claimed = await fetchJobs(db, place, queue, 9, uuid, 'node.1', [])

    expect(claimed.map(({ id }) => id).toSorted()).toEqual(behind.toSorted())
  })

  test('claims as many as asked for at most', async () => {
    const { insert, fetch } = await startFetching()
    const ids = [await insert(), await insert(), await insert()]

    expect(await fetch(2)).toHaveLength(2)
    expect(await fetch(2)).toEqual([ids[2]])
  })

  test('notes who claimed a job and when, and counts the attempt', async () => {
    const { db, queue, uuid, insert, job, sql } = await startFetching()
    const id = await insert({ attempt: '2', args: `'{"a": 1}'`, tags: `'{x}'` })
    const [row] = await fetchJobs(db, FRONT, queue, 1, uuid, 'node.1', [])
    const now = await sql(`SELECT timezone('UTC', now())::text AS now`)

    expect(await job(id)).toMatchObject({
      state: 'executing',
      attempt: 3,
      attempted_by: ['node.1', uuid],
      attempted_at: row?.attempted_at.replace(' ', 'T'),
    })
    expect(row).toMatchObject({
      id,
      state: 'executing',
      queue,
      attempt: '3',
      max_attempts: '20',
      args: '{"a": 1}',
      tags: '{x}',
    })
    expect(parseTextArray(row?.attempted_by ?? null)).toEqual(['node.1', uuid])
    expect(String(row?.attempted_at) < String(now[0]?.['now'])).toBe(true)
  })

  test('puts each column under its own name', async () => {
    const { db, queue, uuid, insert } = await startFetching()
    const times = {
      inserted_at: '2020-01-01 00:00:01',
      scheduled_at: '2020-01-01 00:00:02',
      completed_at: '2020-01-01 00:00:03',
      cancelled_at: '2020-01-01 00:00:04',
      discarded_at: '2020-01-01 00:00:05',
    }
    const quoted = Object.entries(times).map(([column, time]) => [column, `'${time}'`])
    const numbers = { priority: '3', attempt: '1', max_attempts: '7' }
    await insert({ ...Object.fromEntries(quoted), ...numbers, worker: `'Other'` })

    expect(await fetchJobs(db, FRONT, queue, 1, uuid, 'node.1', [])).toMatchObject([
      { ...times, ...numbers, attempt: '2', worker: 'Other' },
    ])
  })

  test('tells what is in meta, tags and errors, and of what is empty nothing', async () => {
    const { db, queue, uuid, insert } = await startFetching()
    const errors = prefix === 'python' ? `'[{"n": 1}]'` : `ARRAY['{"n": 1}'::jsonb]`
    await insert({ meta: `'{"b": 2}'`, tags: `'{y}'`, errors, priority: '0' })
    await insert({ meta: `'{}'`, tags: `'{}'`, priority: '1' })
    const rows = await fetchJobs(db, FRONT, queue, 2, uuid, 'node.1', [])

    expect(rows.toSorted((a, b) => Number(a.priority) - Number(b.priority))).toMatchObject([
      { meta: '{"b": 2}', tags: '{y}', errors: '[{"n": 1}]' },
      { meta: null, tags: null, errors: null },
    ])
  })

  test.each([
    ['of another queue', { queue: `'elsewhere'` }],
    ['that are scheduled', { state: `'scheduled'` }],
    ['that have ended', { state: `'completed'` }],
    ['that are suspended', { state: `'suspended'` }],
    ['without an attempt left, at the head', { attempt: '20', priority: '0' }],
    ['of workers that are left out', { worker: `'Other'` }],
  ])('passes over jobs %s', async (_, columns) => {
    const { insert, fetch } = await startFetching()
    for (let count = 0; count < 3; count += 1) await insert(columns)
    const id = await insert({ priority: '9' })

    expect(await fetch(2, ['Other', 'Third'])).toEqual([id])
  })

  test('hands each job out once, and waits for no other claim', async () => {
    const { insert, fetch, session } = await startFetching()
    const ids = [await insert(), await insert(), await insert()]
    const [one, two] = [await session(), await session()]
    await one.client.query('BEGIN')
    await two.client.query('BEGIN')

    expect(await fetch(1, [], one)).toEqual([ids[0]])
    expect(await fetch(1, [], two)).toEqual([ids[1]])
    await one.client.query('ROLLBACK')
    await two.client.query('COMMIT')
    expect((await fetch(5)).toSorted()).toEqual([ids[0], ids[2]])
  })

  test('claims nothing for a producer that nobody has registered', async () => {
    const { db, queue, insert, job } = await startFetching()
    const id = await insert()

    expect(await fetchJobs(db, FRONT, queue, 1, randomUUID(), 'node', [])).toEqual([])
    expect(await job(id)).toMatchObject({ state: 'available', attempt: 0 })
  })

  test('waits for the rescue of its producer, and claims nothing after it', async () => {
    const { uuid, insert, fetch, session } = await startFetching()
    await insert()
    const [rescuer, claimer] = [await session(), await session()]
    await rescuer.client.query('BEGIN')
    await rescueJobs(rescuer, uuid, '0', '{}', 'nowhere', 100)
    await claimer.client.query(`SET lock_timeout = '20ms'`)

    await expect(fetch(1, [], claimer)).rejects.toMatchObject({ code: '55P03' })
    await rescuer.client.query('COMMIT')
    expect(await fetch(1, [], claimer)).toEqual([])
  })

  test('does not wait for a heartbeat', async () => {
    const { uuid, insert, fetch, session, sql } = await startFetching()
    const id = await insert()
    const claimer = await session()
    await claimer.client.query(`SET lock_timeout = '20ms'`)
    await sql('BEGIN')
    await sql('UPDATE /*prefix*/oban_ts_producers SET beat = beat + 1 WHERE uuid = $1', [uuid])

    expect(await fetch(1, [], claimer)).toEqual([id])
    await sql('COMMIT')
  })
})
