import { describe, expect, test } from 'vitest'
import { enqueueThrough } from '../../src/engine/enqueue.ts'
import { buildNewJob, type JobOptions } from '../../src/job/new-job.ts'
import { parseJob, type JobState } from '../../src/job.ts'
import type { JsonObject } from '../../src/job/json.ts'
import type { UniqueField } from '../../src/unique.ts'
import { type Bench, type Columns, schemas, useBench } from './statements.ts'

const states: readonly JobState[] = [
  'suspended',
  'available',
  'scheduled',
  'executing',
  'retryable',
  'completed',
  'cancelled',
  'discarded',
]

interface Wanted extends JobOptions {
  readonly args?: JsonObject
  readonly worker?: string
}

/** Enqueue jobs in the queue of the test, in one call; resolves to the jobs. */
async function enqueue({ db, queue }: Bench, ...wanted: readonly Wanted[]) {
  const jobs = wanted.map(({ args = {}, worker = 'Greet', ...options }) =>
    buildNewJob({ worker, args, options: { queue, unique: true, ...options } }, args),
  )
  await db.client.query('BEGIN')
  const rows = await enqueueThrough(db.client, db.prefix, jobs)
  await db.client.query('COMMIT')

  return rows.map((row) => parseJob(row))
}

/** Whether a job finds a row with these columns. */
async function finds(bench: Bench, columns: Columns, wanted: Wanted): Promise<boolean> {
  const id = await bench.insert(columns)
  const [job] = await enqueue(bench, wanted)
  if (job?.conflict) expect(job.id).toBe(Number(id))
  await bench.sql('DELETE FROM /*prefix*/oban_jobs WHERE queue = $1', [bench.queue])

  return job?.conflict ?? false
}

const by = (...fields: readonly UniqueField[]) => ({ unique: { fields } })

const ago = (interval: string) => `timezone('UTC', now()) - interval '${interval}'`

describe.each(schemas)('insert_unique_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test.each([
    ['all', states],
    ['successful', states.slice(0, 6)],
    ['incomplete', states.slice(0, 5)],
    ['scheduled', ['scheduled']],
    [
      ['completed', 'discarded'],
      ['completed', 'discarded'],
    ],
  ] as const)('finds jobs in the states %s', async (group, expected) => {
    const bench = await start()
    const found: string[] = []
    for (const state of states) {
      if (await finds(bench, { state: `'${state}'` }, { unique: { states: group } }))
        found.push(state)
    }

    expect(found).toEqual(expected)
  })

  test('compares the fields that it is told to', async () => {
    const bench = await start()
    const row = { args: `'{"a": 1}'`, meta: `'{"m": 1}'`, worker: `'Greet'` }
    const same = { args: { a: 1 }, meta: { m: 1 } }

    expect(await finds(bench, row, { ...same, ...by('args', 'meta', 'queue', 'worker') })).toBe(
      true,
    )
    expect(await finds(bench, row, { args: { a: 2 }, ...by('worker', 'queue') })).toBe(true)
    expect(await finds(bench, row, { args: { a: 2 }, ...by('args', 'queue') })).toBe(false)
    expect(await finds(bench, row, { ...same, meta: {}, ...by('meta', 'queue') })).toBe(false)
    expect(await finds(bench, row, { ...same, worker: 'Other', ...by('args', 'queue') })).toBe(true)
    expect(await finds(bench, row, { ...same, worker: 'Other', ...by('args', 'worker') })).toBe(
      false,
    )
    expect(
      await finds(bench, { ...row, queue: `'elsewhere'` }, { args: { a: 2 }, ...by('queue') }),
    ).toBe(false)
  })

  test('takes all of args without keys, whatever their order, and no more', async () => {
    const bench = await start()
    const args = { b: [1, { c: null }], a: 1.5 }
    const finding = (text: string) => finds(bench, { args: `'${text}'` }, { args })

    expect(await finding('{"a": 1.50, "b": [1, {"c": null}]}')).toBe(true)
    expect(await finding('{"a": 1.5, "b": [1, {"c": null}], "d": 1}')).toBe(false)
    expect(await finding('{"a": 1.5, "b": [1, 1, {"c": null}]}')).toBe(false)
  })

  test('takes the part of args that the keys name', async () => {
    const bench = await start()
    const finding = (text: string, args: JsonObject) =>
      finds(bench, { args: `'${text}'` }, { args, unique: { keys: ['a', 'b'] } })

    expect(await finding('{"a": 1, "b": 2, "c": 3}', { a: 1, b: 2, c: 4 })).toBe(true)
    expect(await finding('{"a": 1, "b": 2}', { a: 1, b: 3 })).toBe(false)
    expect(await finding('{"a": 1, "b": 2}', { a: 1 })).toBe(true)
    expect(await finding('{"a": 1}', { a: 1, b: null })).toBe(false)
    // Containment, as in Oban: the row may have more in the value.
    expect(await finding('{"a": {"x": 1, "y": 2}}', { a: { x: 1 } })).toBe(true)
  })

  test('takes a job with none of the keys for the same as those without any args', async () => {
    const bench = await start()
    const finding = (text: string) =>
      finds(bench, { args: `'${text}'` }, { args: { z: 1 }, unique: { keys: ['a'] } })

    expect(await finding('{}')).toBe(true)
    expect(await finding('{"z": 1}')).toBe(false)
  })

  test('compares meta by its keys', async () => {
    const bench = await start()
    const unique = { fields: ['meta', 'queue'], keys: ['tenant'] } as const
    const finding = (text: string, meta: JsonObject) =>
      finds(bench, { meta: text }, { meta, unique })

    expect(await finding(`'{"tenant": 7, "snoozed": 1}'`, { tenant: 7 })).toBe(true)
    expect(await finding(`'{"tenant": 8}'`, { tenant: 7 })).toBe(false)
    if (prefix !== 'python') expect(await finding('NULL', {})).toBe(true)
  })

  test('counts the period from the timestamp it is told', async () => {
    const bench = await start()
    const row = { inserted_at: ago('61 s'), scheduled_at: ago('-1 h') }
    const finding = (unique: JobOptions['unique']) => finds(bench, row, { unique })

    expect(await finding({ period: 60 })).toBe(false)
    expect(await finding({ period: { minutes: 2 } })).toBe(true)
    expect(await finding({ period: 60, timestamp: 'scheduledAt' })).toBe(true)
    expect(await finding({ period: 'infinity' })).toBe(true)
  })

  test('finds the latest of several', async () => {
    const bench = await start()
    await bench.insert()
    const latest = await bench.insert()
    const [job] = await enqueue(bench, {})

    expect(job).toMatchObject({ id: Number(latest), conflict: true })
  })

  test('finds the first of a call for the others that are the same', async () => {
    const bench = await start()
    const byKey = { keys: ['a'], period: 'infinity' } as const
    const jobs = await enqueue(
      bench,
      { args: { a: 1, b: 1 }, unique: byKey },
      { args: { a: 2 }, unique: byKey },
      { args: { a: 1, b: 2 }, unique: byKey },
      { args: { a: { x: 1 } }, unique: byKey },
      { args: { a: { x: 1 } }, unique: byKey },
      { args: { a: 2 }, unique: false },
      { args: { z: 1 }, unique: byKey },
      { args: { y: 1 }, unique: byKey },
    )

    // The one that is not unique was stored first, as none that is may stand beside it.
    expect(jobs.map(({ conflict }) => conflict)).toEqual([
      false,
      true,
      true,
      false,
      true,
      false,
      false,
      false,
    ])
    expect(jobs[1]?.id).toBe(jobs[5]?.id)
    expect(jobs[2]?.id).toBe(jobs[0]?.id)
    expect(jobs.map(({ args }) => args)[2]).toEqual({ a: 1, b: 1 })
  })

  test('stores jobs that are the same when none of the states is that of a new one', async () => {
    const bench = await start()
    const unique = { states: ['executing'] } as const
    const jobs = await enqueue(bench, { unique }, { unique }, { unique })

    expect(jobs.map(({ conflict }) => conflict)).toEqual([false, false, false])
  })

  test.each([1, 3])('looks %i at once up as it looks up one', async (count) => {
    const bench = await start()
    await bench.insert({ args: `'{"a": 1, "b": 2, "c": 3}'`, meta: `'{"m": 1}'` })
    const others = Array.from({ length: count - 1 }, (_, n) => ({ a: n + 5, b: 2 }))
    const of = async (unique: JobOptions['unique'], args: JsonObject, meta: JsonObject = {}) => {
      const all = [args, ...others].map((each) => ({ args: each, meta, unique }))
      const [job] = await enqueue(bench, ...all)
      await bench.sql(`DELETE FROM /*prefix*/oban_jobs WHERE queue = $1 AND NOT (args ? 'c')`, [
        bench.queue,
      ])

      return job?.conflict
    }

    expect(await of({ keys: ['a', 'b'] }, { a: 1, b: 2 })).toBe(true)
    expect(await of({ keys: ['a', 'b'] }, { a: 2, b: 1 })).toBe(false)
    expect(await of({ keys: ['a', 'd'] }, { a: 1, d: null })).toBe(false)
    expect(await of(true, { a: 1, b: 2, c: 3 })).toBe(true)
    expect(await of({ fields: ['meta', 'queue'] }, {}, { m: 1 })).toBe(true)
    expect(await of({ fields: ['meta', 'queue'], keys: ['m'] }, {}, { m: 1, n: 1 })).toBe(true)
  })

  test('announces the queue of an available job that it finds', async () => {
    const bench = await start()
    const { client } = await bench.session()
    const heard: unknown[] = []
    client.on('notification', ({ payload }) => heard.push(payload))
    await client.query(`LISTEN "${prefix}.oban_insert"`)
    await bench.insert({ state: `'executing'` })
    await enqueue(bench, {})
    await client.query('SELECT')
    expect(heard).toEqual([])

    await bench.insert()
    await enqueue(bench, {})
    await client.query('SELECT')
    expect(heard).toEqual([JSON.stringify({ queue: bench.queue }).replace(':', ' : ')])
  })
})
