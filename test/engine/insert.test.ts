import { describe, expect, test } from 'vitest'
import { insertAll, insertJobs } from '../../src/engine/insert.ts'
import { buildNewJob, type JobOptions } from '../../src/job/new-job.ts'
import { parseJob } from '../../src/job.ts'
import { schemas, useBench } from './statements.ts'

const newJob = (args: Record<string, never> | { n: number | string }, options: JobOptions = {}) =>
  buildNewJob({ worker: 'Greet', args, options }, args)

describe.each(schemas)('insert_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test.each([1, 1_000, 2_500])('stores %i jobs, and answers in their order', async (count) => {
    const { db, queue, sql } = await start()
    const jobs = Array.from({ length: count }, (_, n) => newJob({ n }, { queue }))
    const rows = await insertAll(db.client, prefix, jobs)
    const stored = await sql(
      `SELECT id::text, (args -> 'n')::int AS n FROM /*prefix*/oban_jobs AS job
        WHERE queue = $1 ORDER BY job.id`,
      [queue],
    )

    expect(stored).toEqual(rows.map(({ id }, n) => ({ id, n })))
    expect(rows).toHaveLength(count)
  })

  test('answers what it stored', async () => {
    const { db, queue, job } = await start()
    const [row] = await insertAll(db.client, prefix, [
      newJob(
        { n: '☃ 😀 \u0001 \\ " \' $1 \uFFFD' },
        {
          queue,
          tags: ['b', 'a "x"', 'ö,{}', '\\'],
          meta: { ä: null },
          priority: 9,
          maxAttempts: 3,
        },
      ),
    ])
    const stored = await job(String(row?.id))

    expect(row && parseJob(row)).toMatchObject({
      args: { n: '☃ 😀 \u0001 \\ " \' $1 \uFFFD' },
      meta: { ä: null },
      tags: ['b', 'a "x"', 'ö,{}', '\\'],
      state: 'available',
      attempt: 0,
      maxAttempts: 3,
      priority: 9,
    })
    expect(stored).toMatchObject({
      args: { n: '☃ 😀 \u0001 \\ " \' $1 \uFFFD' },
      meta: { ä: null },
      tags: ['b', 'a "x"', 'ö,{}', '\\'],
      errors: [],
      inserted_at: row?.inserted_at,
      scheduled_at: row?.scheduled_at,
      attempted_at: null,
    })
  })

  test('stores each with what is its own, in their order, however they differ', async () => {
    const { db, queue, sql } = await start()
    const variants: JobOptions[] = [
      {},
      { priority: 1 },
      { maxAttempts: 3 },
      { tags: ['a'] },
      { tags: ['a', 'b'] },
      { tags: ['b', 'a'] },
      { meta: { a: [1] } },
      { meta: { a: [2] } },
      { scheduleIn: 60 },
      { scheduleIn: 61 },
      { scheduledAt: new Date('2031-03-04T05:06:07.089Z') },
      { scheduledAt: new Date('2032-03-04T05:06:07.089Z') },
      { queue: `${queue}-other` },
    ]
    // Each beside one that has nothing of its own, beside its like, and beside the next.
    const options = variants.flatMap((variant, place) => [
      {},
      variant,
      variant,
      ...variants.slice(place + 1, place + 2),
    ])
    const jobs = [
      ...options.map((option, n) => newJob({ n }, { queue, ...option })),
      newJob({ n: options.length }, { queue }),
      buildNewJob({ worker: 'Other', args: {}, options: { queue } }, { n: options.length + 1 }),
    ]
    const rows = await insertAll(db.client, prefix, jobs)
    const stored = await sql(
      `SELECT id::text, (args -> 'n')::int AS n, worker, queue, priority, max_attempts, tags, meta,
              state::text,
              CASE WHEN scheduled_at > now() + interval '1 year'
                THEN to_char(scheduled_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
              END AS at,
              CASE WHEN scheduled_at < now() + interval '1 year'
                THEN extract(epoch FROM scheduled_at - inserted_at)::float8
              END AS seconds
         FROM /*prefix*/oban_jobs AS job WHERE id = ANY ($1) ORDER BY job.id`,
      [rows.map(({ id }) => id)],
    )

    expect(stored).toEqual(
      jobs.map((job, n) => ({
        id: rows[n]?.id,
        n,
        worker: job.worker,
        queue: job.queue,
        priority: job.priority,
        max_attempts: job.maxAttempts,
        tags: job.tags,
        meta: job.meta,
        state: job.state,
        ...(job.scheduledAt === null
          ? { at: null, seconds: job.scheduleInSeconds ?? 0 }
          : { at: job.scheduledAt, seconds: null }),
      })),
    )
  })

  test('schedules by the clock of the database, or for an instant', async () => {
    const { db, queue, sql } = await start()
    await db.client.query(`SET TimeZone = 'America/St_Johns'`)
    const instant = new Date('2031-03-04T05:06:07.089Z')
    const rows = await insertAll(db.client, prefix, [
      newJob({}, { queue, scheduleIn: 90.5 }),
      newJob({}, { queue, scheduledAt: instant }),
      newJob({}, { queue }),
    ])
    const [first] = await sql(
      `SELECT extract(epoch FROM scheduled_at - inserted_at)::float8 AS seconds, state::text
         FROM /*prefix*/oban_jobs WHERE id = $1`,
      [rows[0]?.id],
    )

    expect(first).toEqual({ seconds: 90.5, state: 'scheduled' })
    expect(rows[1]?.scheduled_at).toBe('2031-03-04T05:06:07.089')
    expect(rows.map(({ state }) => state)).toEqual(['scheduled', 'scheduled', 'available'])
    expect(rows[2]?.scheduled_at).toBe(rows[2]?.inserted_at)
  })

  test('takes times to the far end of the calendar', async () => {
    const { db, queue } = await start()
    const [row] = await insertAll(db.client, prefix, [
      newJob({}, { queue, scheduledAt: new Date('9999-12-31T23:59:59.999Z') }),
    ])

    expect(row?.scheduled_at).toBe('9999-12-31T23:59:59.999')
  })
})

describe('insert_jobs', () => {
  const start = useBench('public')

  test('refuses what PostgreSQL cannot store before it asks', async () => {
    const { queue } = await start()

    for (const options of [
      { queue: 'a\0b' },
      { queue, tags: ['a\0b'] },
      { queue, meta: { a: '\0' } },
      { queue, meta: { '\0': 1 } },
    ]) {
      expect(() => newJob({}, options)).toThrow(
        expect.objectContaining({ code: 'OBAN_INVALID_JOB' }),
      )
    }
  })

  test.each([
    ['a call', undefined],
    ['a group', 50],
  ])('is planned once for all that a connection inserts, of %s', async (name, patienceMs) => {
    const { db, queue } = await start()
    const client = {
      query: (text: string, values: unknown[]) => db.client.query({ name, text, values }),
    }
    for (let n = 0; n < 8; n += 1) {
      const jobs = [newJob({ n }, { queue }), newJob({ n }, { queue, priority: 1 })]
      await insertJobs(client, 'public', jobs, null, patienceMs)
    }
    const { rows } = await db.client.query(
      `SELECT generic_plans::int AS generic FROM pg_prepared_statements WHERE name = $1`,
      [name],
    )

    // After five, PostgreSQL compares what planning for the values gains with what it costs.
    expect(rows).toEqual([{ generic: 3 }])
  })

  test('announces nothing without a channel', async () => {
    const { db, queue, session } = await start()
    const { client } = await session()
    const heard: unknown[] = []
    client.on('notification', ({ payload }) => heard.push(payload))
    await client.query('LISTEN "public.oban_insert"')
    await insertAll(db.client, 'public', [newJob({}, { queue })], null)
    await client.query('SELECT')
    expect(heard).toEqual([])

    await insertAll(db.client, 'public', [newJob({}, { queue }), newJob({}, { queue })])
    await client.query('SELECT')
    expect(heard).toHaveLength(1)
  })

  test('stores all of a call or nothing, when the database refuses one', async () => {
    const { db, queue, sql } = await start()
    await sql(`ALTER TABLE /*prefix*/oban_jobs ADD CHECK (args -> 'n' IS DISTINCT FROM '666')`)
    const jobs = [1, 666].map((n) => newJob({ n }, { queue }))

    await expect(insertAll(db.client, 'public', jobs)).rejects.toMatchObject({ code: '23514' })
    expect(await sql('SELECT id FROM /*prefix*/oban_jobs WHERE queue = $1', [queue])).toEqual([])
  })
})
