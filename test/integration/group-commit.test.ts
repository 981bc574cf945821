import type { Client } from 'pg'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Job } from '../../src/job.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { makeOban } from '../support/oban.ts'
import { untilRows } from '../support/until-rows.ts'

const database = useDatabase()
beforeEach(async () => {
  await database.query('TRUNCATE oban_jobs')
  await database.query('DROP TRIGGER IF EXISTS refuse ON oban_jobs')
})

/** An instance with a pool of its own, and calls of it at the same time, each for one job. */
function start() {
  const { oban } = makeOban({ database: database.url })
  const enqueueAll = (numbers: readonly number[]) =>
    numbers.map((n) => oban.enqueue('Plain', { n }))

  return { oban, enqueueAll }
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

async function openSession(): Promise<Client> {
  const client = await connectTo(database.url)

  return client
}

/** Have the database do something about the job with the number 7. */
async function onSeven(act: string): Promise<void> {
  await database.query(
    `CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN IF NEW.args ->> 'n' = '7' THEN ${act}; END IF; RETURN NEW; END $$`,
  )
  await database.query(
    'CREATE TRIGGER refuse BEFORE INSERT ON oban_jobs FOR EACH ROW EXECUTE FUNCTION refuse()',
  )
}

/** Connections of the instance that wait for a lock. */
const waiting = `SELECT pid FROM pg_stat_activity WHERE application_name = 'oban-ts:client'
  AND datname = current_database() AND wait_event_type = 'Lock'`

const stored = () =>
  database.query<{ id: number; n: number }>(
    `SELECT id::int, (args ->> 'n')::int AS n FROM oban_jobs AS job ORDER BY job.id`,
  )

/** What became of calls: the number that stands in the job of each, or the code or message of its error. */
async function outcomesOf(calls: readonly Promise<Job>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(calls)

  return settled.map((call) =>
    call.status === 'fulfilled'
      ? Object(call.value.args).n
      : (Object(call.reason).code ?? Object(call.reason).message),
  )
}

async function idsOf(calls: readonly Promise<Job>[]) {
  const settled = await Promise.allSettled(calls)

  return settled.flatMap((call, n) =>
    call.status === 'fulfilled' ? [{ id: call.value.id, n }] : [],
  )
}

describe('calls at the same time', () => {
  test('share transactions, and each gets its own job', async () => {
    const { enqueueAll } = start()
    const calls = enqueueAll(upTo(200))
    const ids = await idsOf(calls)
    const [row] = await database.query<{ transactions: number }>(
      'SELECT count(DISTINCT xmin::text)::int AS transactions FROM oban_jobs',
    )

    expect(ids.toSorted((one, other) => one.id - other.id)).toEqual(await stored())
    expect(ids).toHaveLength(200)
    expect(row?.transactions).toBeLessThan(20)
  })

  test('reject alone when a trigger refuses one', async () => {
    await onSeven(`RAISE EXCEPTION 'no sevens' USING ERRCODE = 'P0007'`)
    const { enqueueAll } = start()
    const outcomes = await outcomesOf(enqueueAll(upTo(20)))

    expect(outcomes).toEqual(upTo(20).map((n) => (n === 7 ? 'P0007' : n)))
    expect((await stored()).map(({ n }) => n).toSorted((one, other) => one - other)).toEqual(
      upTo(20).filter((n) => n !== 7),
    )
  })

  test('keep their ids apart when a trigger leaves one out', async () => {
    await onSeven('RETURN NULL')
    const { enqueueAll } = start()
    const calls = enqueueAll(upTo(20))

    expect((await outcomesOf(calls))[7]).toBe('the database stored no job for "Plain"')
    expect((await idsOf(calls)).toSorted((one, other) => one.id - other.id)).toEqual(await stored())
    expect(await stored()).toHaveLength(19)
  })

  test('do not wait for the lock that one of them waits for', async () => {
    await database.query(`CREATE UNIQUE INDEX sevens ON oban_jobs ((args ->> 'n'))`)
    onTestFinished(async () => void (await database.query('DROP INDEX sevens')))
    const other = await openSession()
    await other.query('BEGIN')
    await other.query(`INSERT INTO oban_jobs (worker, args) VALUES ('Plain', '{"n": 7}')`)
    const { enqueueAll } = start()
    const calls = enqueueAll(upTo(20))
    const outcomes = outcomesOf(calls)
    const others = await outcomesOf(calls.filter((_, n) => n !== 7))
    await other.query('COMMIT')

    expect(others).toEqual(upTo(20).filter((n) => n !== 7))
    expect((await outcomes)[7]).toBe('OBAN_UNIQUE_INDEX')
  })

  test('all reject, and are not sent again, when their connections are lost', async () => {
    const other = await openSession()
    const { oban, enqueueAll } = start()
    await oban.enqueue('Plain', { n: 0 })
    await other.query('BEGIN')
    await other.query('LOCK TABLE oban_jobs IN SHARE MODE')
    const outcomes = outcomesOf(enqueueAll(upTo(20)))
    // Two alone, and the others together once those are late.
    const rows = await untilRows<{ pid: number }>(database, waiting, ({ length }) => length === 3)
    for (const { pid } of rows) await database.query('SELECT pg_terminate_backend($1)', [pid])

    expect(await outcomes).toEqual(upTo(20).map(() => '57P01'))
    await other.query('COMMIT')
    expect(await stored()).toHaveLength(1)
  })

  test('are all answered by a stop in the middle of them', async () => {
    const other = await openSession()
    const { oban, enqueueAll } = start()
    await other.query('BEGIN')
    await other.query('LOCK TABLE oban_jobs IN SHARE MODE')
    const outcomes = outcomesOf(enqueueAll(upTo(20)))
    // Two are under way, and the others gather.
    await untilRows(database, waiting, ({ length }) => length >= 2)
    const stopped = oban.stop()
    await other.query('COMMIT')
    await stopped

    expect(await outcomes).toEqual(upTo(20))
    expect(await stored()).toHaveLength(20)
  })
})
