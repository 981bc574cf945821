import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { completeJobs, settleJobs } from '../../src/engine/jobs.ts'
import type { Ack } from '../../src/protocol/outcome.ts'
import { CLAIMED_AT, executing, schemas, useBench, type Columns } from './statements.ts'

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/

/** What a job may be when an acknowledgement arrives that is not its own. */
const foreign: { whose: string; columns: Columns }[] = [
  { whose: 'another attempt', columns: { attempt: '2' } },
  { whose: 'another producer', columns: { attempted_by: `ARRAY['node', 'other']` } },
  { whose: 'no producer', columns: { attempted_by: `'{}'` } },
  ...['available', 'scheduled', 'retryable', 'completed', 'discarded'].map((state) => ({
    whose: `a job that is ${state}`,
    columns: { state: `'${state}'` },
  })),
]

describe.each(schemas)('complete_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test('completes what is executing, and says which', async () => {
    const { db, insert, job } = await start()
    const uuid = randomUUID()
    const ids = [await insert(executing(uuid)), await insert(executing(uuid))]
    const completed = await completeJobs(db, [...ids, '999999999'], 1, uuid)

    expect(completed.flat().toSorted()).toEqual(ids)
    expect(await job(String(ids[0]))).toMatchObject({
      state: 'completed',
      completed_at: expect.stringMatching(UTC),
      attempt: 1,
      attempted_by: ['node', uuid],
    })
  })

  test('wins over a cancellation', async () => {
    const { db, insert, job } = await start()
    const uuid = randomUUID()
    const id = await insert(executing(uuid, { state: `'cancelled'` }))

    expect(await completeJobs(db, [id], 1, uuid)).toEqual([[id]])
    expect(await job(id)).toMatchObject({ state: 'completed' })
  })

  test.each(foreign)('leaves alone what belongs to $whose', async ({ columns }) => {
    const { db, insert, job } = await start()
    const uuid = randomUUID()
    const id = await insert(executing(uuid, columns))
    const before = await job(id)

    expect(await completeJobs(db, [id], 1, uuid)).toEqual([])
    expect(await job(id)).toEqual(before)
  })
})

describe.each(schemas)('settle_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)

  async function startSettling() {
    const bench = await start()
    const uuid = randomUUID()
    const ackOf = (id: string, ack: Partial<Ack> = {}): Ack => ({
      id,
      attempt: 1,
      uuid,
      attempted_at: CLAIMED_AT,
      state: 'completed',
      restore: false,
      delay: null,
      error: null,
      patch: null,
      counter: null,
      ...ack,
    })
    const settle = async (...acks: Ack[]) =>
      (await settleJobs(bench.db, JSON.stringify(acks))).map(({ id }) => id)
    /** Seconds from now until a job is due. */
    const due = async (id: string) => {
      const [row] = await bench.sql(
        `SELECT extract(epoch FROM scheduled_at - timezone('UTC', now()))::float8 AS seconds
           FROM /*prefix*/oban_jobs WHERE id = $1`,
        [id],
      )

      return Number(row?.['seconds'])
    }

    return { ...bench, uuid, ackOf, settle, due }
  }
  const error = { attempt: 1, at: '2030-01-01T00:00:00.000Z', error: 'Error: "ü\'\\' }

  test('completes with a recorded value beside what meta holds', async () => {
    const { uuid, insert, job, ackOf, settle } = await startSettling()
    const id = await insert(executing(uuid, { meta: `'{"a": 1}'` }))
    const patch = { recorded: true, return: 'g2E' }

    expect(await settle(ackOf(id, { patch }))).toEqual([id])
    expect(await job(id)).toMatchObject({
      state: 'completed',
      completed_at: expect.stringMatching(UTC),
      meta: { a: 1, ...patch },
      errors: [],
      attempt: 1,
    })
  })

  test('appends the error of a failed attempt, and schedules the next', async () => {
    const { uuid, insert, job, ackOf, settle, due } = await startSettling()
    const id = await insert(executing(uuid, { attempt: '2' }))
    const first = { ...error, error: 'first' }
    await settle(ackOf(id, { attempt: 2, state: 'retryable', delay: 17.5, error: first }))
    expect(await job(id)).toMatchObject({ state: 'retryable', attempt: 2, errors: [first] })
    expect(await due(id)).toBeCloseTo(17.5, 0)
  })

  test.each(['discarded', 'cancelled'] as const)(
    'ends a job as %s, with its error',
    async (state) => {
      const { uuid, insert, job, sql, ackOf, settle } = await startSettling()
      const id = await insert(executing(uuid))
      await settle(ackOf(id, { state: 'retryable', delay: 0, error: { ...error, error: 'first' } }))
      await sql(`UPDATE /*prefix*/oban_jobs SET state = 'executing' WHERE id = $1`, [id])
      await settle(ackOf(id, { state, error }))

      expect(await job(id)).toMatchObject({
        state,
        [`${state}_at`]: expect.stringMatching(UTC),
        completed_at: null,
        errors: [{ error: 'first' }, error],
      })
    },
  )

  test('snoozes: the attempt is handed back and the snoozes are counted', async () => {
    const { uuid, insert, job, ackOf, settle, due } = await startSettling()
    const id = await insert(executing(uuid, { meta: `'{"snoozed": 2, "a": null}'` }))
    await settle(ackOf(id, { state: 'scheduled', restore: true, delay: 60, counter: 'snoozed' }))

    expect(await job(id)).toMatchObject({
      state: 'scheduled',
      attempt: 0,
      meta: { snoozed: 3, a: null },
    })
    expect(await due(id)).toBeCloseTo(60, 0)
  })

  test('gives back exactly the claim that is named', async () => {
    const { uuid, insert, job, ackOf, settle } = await startSettling()
    const id = await insert(executing(uuid, { scheduled_at: `'2020-01-01'` }))
    const ack = ackOf(id, { state: 'available', restore: true })
    const later = `${CLAIMED_AT.slice(0, -1)}7`

    expect(await settle({ ...ack, attempted_at: later })).toEqual([])
    expect(await settle(ack)).toEqual([id])
    expect(await job(id)).toMatchObject({
      state: 'available',
      attempt: 0,
      scheduled_at: '2020-01-01T00:00:00',
    })
    expect(await settle(ack)).toEqual([])
  })

  test.each([
    ...foreign,
    { whose: 'another claim', columns: { attempted_at: `'2030-01-31 09:00:00.123457'` } },
  ])('leaves alone what belongs to $whose', async ({ columns }) => {
    const { uuid, insert, job, ackOf, settle } = await startSettling()
    const id = await insert(executing(uuid, columns))
    const before = await job(id)
    await settle(
      ackOf(id, { state: 'retryable', delay: 1, error }),
      ackOf(id, { state: 'cancelled', error }),
      ackOf(id, { state: 'available', restore: true }),
    )

    expect(await job(id)).toEqual(before)
  })

  test('leaves a cancelled job cancelled, with the error of the run that it had, once', async () => {
    const { db, uuid, insert, job, ackOf } = await startSettling()
    const columns = { state: `'cancelled'`, cancelled_at: `'2030-01-01'`, meta: `'{"a": 1}'` }
    const id = await insert(executing(uuid, columns))
    const before = await job(id)
    const settled = async (ack: Partial<Ack>) =>
      (await settleJobs(db, JSON.stringify([ackOf(id, ack)]))).map(({ state }) => state)

    expect([
      await settled({ state: 'scheduled', restore: true, delay: 9, counter: 'snoozed' }),
      await settled({ state: 'available', restore: true, patch: { suspect: true } }),
      await settled({ state: 'retryable', delay: 1, error }),
      await settled({ state: 'retryable', delay: 1, error }),
    ]).toEqual([['cancelled'], ['cancelled'], ['cancelled'], ['cancelled']])
    expect(await job(id)).toEqual({ ...before, errors: [error] })
  })

  test('keeps the error of a run that is given back to itself', async () => {
    const { uuid, insert, job, ackOf, settle } = await startSettling()
    const id = await insert(executing(uuid))
    await settle(ackOf(id, { state: 'available', restore: true, error }))

    expect(await job(id)).toMatchObject({ state: 'available', errors: [] })
  })

  test('leaves a job completed that has completed itself', async () => {
    const { uuid, insert, job, ackOf, settle } = await startSettling()
    const columns = { state: `'completed'`, completed_at: `'2030-01-01'` }
    const id = await insert(executing(uuid, columns))
    const before = await job(id)
    await settle(ackOf(id, { state: 'retryable', delay: 1, error, own: true }))
    await settle(ackOf(id, { state: 'available', restore: true, own: true }))
    expect(await job(id)).toEqual(before)

    const patch = { recorded: true }
    expect(await settle(ackOf(id, { patch }))).toEqual([])
    expect(await settle(ackOf(id, { patch, own: true }))).toEqual([id])
    expect(await job(id)).toEqual({ ...before, meta: patch })
  })

  test('lets a completion with a value win over a cancellation', async () => {
    const { uuid, insert, job, ackOf, settle } = await startSettling()
    const id = await insert(executing(uuid, { state: `'cancelled'` }))
    await settle(ackOf(id, { patch: { recorded: true } }))

    expect(await job(id)).toMatchObject({ state: 'completed', meta: { recorded: true } })
  })

  test.each(['null', '[]', '7', '"x"', '{"snoozed": "x"}', '{"snoozed": null}'])(
    'counts and patches over a meta of %s',
    async (meta) => {
      const { uuid, insert, job, ackOf, settle } = await startSettling()
      const id = await insert(executing(uuid, { meta: `'${meta}'` }))
      await settle(ackOf(id, { patch: { suspect: true }, counter: 'snoozed' }))

      expect(await job(id)).toMatchObject({ meta: { suspect: true, snoozed: 1 } })
    },
  )

  test('settles many jobs of many outcomes at once, each by its own', async () => {
    const { uuid, insert, job, ackOf, settle } = await startSettling()
    const ids: string[] = []
    for (let count = 0; count < 5; count += 1) ids.push(await insert(executing(uuid)))
    const outcomes = ['completed', 'cancelled', 'discarded', 'retryable', 'available'] as const
    const landed = await settle(
      ...ids.map((id, index) => ackOf(id, { state: outcomes[index] ?? 'completed', delay: index })),
    )

    expect(landed.toSorted()).toEqual(ids)
    for (const [index, id] of ids.entries()) {
      expect(await job(id)).toMatchObject({ state: outcomes[index] })
    }
  })
})

describe('settle_jobs where Elixir left a meta of NULL', () => {
  const start = useBench('elixir')

  test('treats it as empty', async () => {
    const { db, insert, job } = await start()
    const uuid = randomUUID()
    const id = await insert(executing(uuid, { meta: 'NULL', tags: 'NULL' }))
    const ack = {
      id,
      attempt: 1,
      uuid,
      attempted_at: CLAIMED_AT,
      state: 'available',
      restore: true,
    }
    await settleJobs(db, JSON.stringify([{ ...ack, patch: { suspect: true } }]))

    expect(await job(id)).toMatchObject({ state: 'available', meta: { suspect: true }, tags: null })
  })
})
