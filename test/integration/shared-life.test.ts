/** The life of jobs in every schema that three implementations can make together. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { describeSchema } from '../../src/engine/schema.ts'
import { pruneCancelled, pruneCompleted, pruneDiscarded, stageJobs } from '../../src/engine/jobs.ts'
import { registerProducer, rescueJobs } from '../../src/engine/producers.ts'
import { startOban, workerModule } from '../support/oban.ts'
import { createShared, origins } from '../support/shared-schemas.ts'

const UTC_ENTRY = { at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) }

/** Entries as Elixir and oban-py write them. */
const ELIXIR_ERROR = {
  attempt: 1,
  at: '2030-01-31T09:00:00.123456Z',
  error:
    '** (RuntimeError) no such file\n    (app 1.0.0) lib/app/worker.ex:12: App.Worker.perform/1\n',
}
const PYTHON_ERROR = {
  attempt: 2,
  at: '2030-01-31T09:00:01.123456+00:00',
  error:
    'Traceback (most recent call last):\n  File "worker.py", line 12, in process\nValueError: no',
}

/** What Oban Pro keeps in meta. */
const PRO_META = {
  uniq: true,
  uniq_bmp: [0, 1, 2, 3],
  uniq_key: '3yX',
  workflow_id: '01890',
  deps: ['a', ['01891', 'b']],
  structured: true,
}

describe.each(origins)('a schema made by $who', ({ steps, hasNulls, hasSuspended }) => {
  async function start() {
    const { client, url } = await createShared(steps)
    const { oban, told } = await startOban({
      database: url,
      workers: [workerModule],
      queues: { default: { limit: 5, execution: 'inline' } },
    })
    const run = async (worker: string, args = {}, options = {}) => {
      const { id } = await oban.enqueue(worker, args, options)
      await told.ended(id)

      return oban.getJob(id)
    }
    /** Insert a row as another language does; errors as the type of the column wants them. */
    const insertRow = async (columns: Readonly<Record<string, string>>, errors: object[] = []) => {
      const { errorsType } = await describeSchema({ client, prefix: 'public', named: false })
      const list = errors.map((entry) => `'${JSON.stringify(entry)}'::jsonb`).join(', ')
      const all = {
        worker: `'Echo'`,
        errors: errorsType === 'jsonb' ? `jsonb_build_array(${list})` : `ARRAY[${list}]::jsonb[]`,
        ...columns,
      }
      const { rows } = await client.query(
        `INSERT INTO oban_jobs (${Object.keys(all).join(', ')})
         VALUES (${Object.values(all).join(', ')}) RETURNING id::integer`,
      )

      return Number(rows[0].id)
    }

    return { client, insertRow, oban, run, told }
  }

  test('has each outcome stored', async () => {
    const { oban, run } = await start()

    expect(await run('Echo', { a: [1, 'ä', null] }, { tags: ['x'], meta: { k: 1 } })).toMatchObject(
      {
        state: 'completed',
        attempt: 1,
        attemptedBy: [oban.checkQueue('default')?.node, oban.checkQueue('default')?.uuid],
        tags: ['x'],
        meta: { k: 1, recorded: true },
        recorded: { a: [1, 'ä', null] },
      },
    )
    expect(await run('Fail', {}, { maxAttempts: 2 })).toMatchObject({
      state: 'retryable',
      errors: [
        { attempt: 1, error: expect.stringMatching(/^TypeError: boom\n {4}at /), ...UTC_ENTRY },
      ],
    })
    expect(await run('Fail', {}, { maxAttempts: 1 })).toMatchObject({ state: 'discarded' })
    expect(await run('Cancel')).toMatchObject({
      state: 'cancelled',
      errors: [{ attempt: 1, error: expect.stringContaining('no use'), ...UTC_ENTRY }],
    })
    expect(await run('Snooze', { seconds: 600 })).toMatchObject({
      state: 'scheduled',
      attempt: 0,
      errors: [],
      meta: { snoozed: 1 },
    })
  })

  test('has jobs cancelled, retried and deleted', async () => {
    const { oban, run, told } = await start()
    const late = await oban.enqueue('Echo', {}, { scheduleIn: 600 })
    expect(await oban.cancelJob(late.id)).toBe(true)
    expect(await oban.getJob(late.id)).toMatchObject({ state: 'cancelled', attempt: 0 })
    expect(await oban.retryJob(late.id)).toBe(true)
    await told.ended(late.id)

    expect(await oban.getJob(late.id)).toMatchObject({ state: 'completed', cancelledAt: null })
    const failed = await run('Fail', {}, { maxAttempts: 1 })
    expect(await oban.retryJob(failed?.id ?? 0)).toBe(true)
    await told.count('job.exception', 2)
    expect(await oban.getJob(failed?.id ?? 0)).toMatchObject({
      state: 'discarded',
      maxAttempts: 2,
      errors: [{ attempt: 1 }, { attempt: 2 }],
    })
    expect(await oban.deleteJob(late.id)).toBe(true)
    expect(await oban.getJob(late.id)).toBe(undefined)
  })

  test('has due jobs staged, those of dead nodes rescued, and old ones pruned', async () => {
    const { client, insertRow } = await start()
    const db = { client, prefix: 'public', named: false }
    const other = { queue: `'other'` }
    const due = { state: `'retryable'`, scheduled_at: `now() - interval '1 day'` }
    await insertRow({ ...other, ...due }, [ELIXIR_ERROR])
    expect(await stageJobs(db, ['other'], 10, null, '{}')).toEqual([
      { queue: 'other', staged: '1' },
    ])

    const uuid = randomUUID()
    await registerProducer(db, uuid, 'Oban', 'gone', 'other', '{}')
    const held = { state: `'executing'`, attempted_by: `ARRAY['gone', '${uuid}']` }
    const again = await insertRow({ ...other, ...held, attempt: '1' })
    const last = await insertRow({ ...other, ...held, attempt: '1', max_attempts: '1' }, [
      PYTHON_ERROR,
    ])
    const rescued = await rescueJobs(
      db,
      uuid,
      '0',
      '{"error":"OBAN_JOB_ORPHANED"}',
      'public.oban_insert',
      100,
    )
    expect(rescued).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: String(again), state: 'available' }),
        expect.objectContaining({ id: String(last), state: 'discarded' }),
      ]),
    )
    const { rows } = await client.query(
      'SELECT to_jsonb(errors) AS errors FROM oban_jobs WHERE id = $1',
      [last],
    )
    expect(rows[0].errors).toEqual([
      PYTHON_ERROR,
      expect.objectContaining({ error: 'OBAN_JOB_ORPHANED' }),
    ])

    const longAgo = `now() - interval '9 days'`
    await insertRow({
      ...other,
      state: `'completed'`,
      completed_at: longAgo,
      scheduled_at: longAgo,
    })
    await insertRow({ ...other, state: `'cancelled'`, cancelled_at: longAgo })
    await insertRow({ ...other, state: `'discarded'`, discarded_at: longAgo })
    for (const prune of [pruneCompleted, pruneCancelled, pruneDiscarded]) {
      expect(await prune(db, 86_400, 10, null)).toEqual([{ count: '1' }])
    }
  })

  test('has the rows of other languages read and run', async () => {
    const { insertRow, oban, told } = await start()
    const nulls: Readonly<Record<string, string>> = hasNulls
      ? { meta: 'NULL', tags: 'NULL', attempted_by: 'NULL' }
      : {}
    const bare = await insertRow({
      ...nulls,
      state: `'scheduled'`,
      scheduled_at: `now() + interval '1 day'`,
    })
    expect(await oban.getJob(bare)).toMatchObject({
      meta: {},
      tags: [],
      attemptedBy: [],
      errors: [],
    })
    expect(await oban.retryJob(bare)).toBe(true)
    await told.ended(bare)
    expect(await oban.getJob(bare)).toMatchObject({ state: 'completed', meta: { recorded: true } })

    const failed = await insertRow(
      {
        worker: `'Fail'`,
        state: `'${hasSuspended ? 'suspended' : 'cancelled'}'`,
        meta: `'${JSON.stringify(PRO_META)}'`,
        attempt: '2',
        max_attempts: '3',
      },
      [ELIXIR_ERROR, PYTHON_ERROR],
    )
    expect(await oban.getJob(failed)).toMatchObject({
      meta: PRO_META,
      errors: [ELIXIR_ERROR, PYTHON_ERROR],
    })
    expect(await oban.retryJob(failed)).toBe(true)
    await told.ended(failed)

    expect(await oban.getJob(failed)).toMatchObject({
      state: 'discarded',
      meta: PRO_META,
      errors: [ELIXIR_ERROR, PYTHON_ERROR, { attempt: 3, ...UTC_ENTRY }],
    })
  })
})
