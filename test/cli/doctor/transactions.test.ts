import { Client } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  idleInTransaction,
  locks,
  longTransactions,
  preparedTransactions,
  replication,
} from '../../../src/cli/doctor/transactions.ts'
import { examineHolders, examineWaiting } from '../../../src/engine/examine.ts'
import { describeSchema } from '../../../src/engine/schema.ts'
import { useDatabase } from '../../support/database.ts'
import { startPrivateServer } from '../../support/server.ts'
import { untilRows } from '../../support/until-rows.ts'

const database = useDatabase()

async function session(application: string, url = database.url) {
  const client = new Client({ connectionString: url, application_name: application })
  // A test may end it from the server.
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.end())
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')

  return { client, pid: rows[0]?.pid ?? 0 }
}

async function place() {
  const db = { client: database.pool, prefix: 'public', named: false }

  return { prefix: 'public', schema: await describeSchema(db), db }
}

const none = { hidden: 0, transactions: [], prepared: [], slots: [], standbys: [] }
const open = {
  pid: 7,
  application: 'app',
  role: 'web',
  isIdle: true,
  seconds: 400,
  idleSeconds: 61,
}

describe('transactions', () => {
  test('that are open for long hold back every vacuum', async () => {
    const where = await place()
    const judge = (transaction: Partial<typeof open>) =>
      longTransactions.judge({ ...none, transactions: [{ ...open, ...transaction }] }, where)

    expect(judge({})).toEqual({
      result: 'warning',
      found: 'open: process 7 (app, web) for 6 min 40 s',
      todo: ['SELECT pg_terminate_backend(7);'],
    })
    expect(judge({ seconds: 3_601 }).result).toBe('problem')
    expect(judge({ seconds: 299 }).result).toBe('ok')
    expect(longTransactions.judge({ ...none, hidden: 3 }, await place())).toMatchObject({
      result: 'note',
      found: 'none of those that may be seen; 3 sessions may not',
    })
  })

  test('that are idle are told with who forgot them', async () => {
    const where = await place()
    const judge = (transaction: Partial<typeof open>) =>
      idleInTransaction.judge({ ...none, transactions: [{ ...open, ...transaction }] }, where)

    expect(judge({ seconds: 70 })).toMatchObject({
      result: 'warning',
      found: 'idle: process 7 (app, web) for 1 min 10 s',
    })
    expect(judge({ isIdle: false }).result).toBe('ok')
    expect(judge({ idleSeconds: 59 }).result).toBe('ok')
  })

  test('that are open are seen with their process, role and age', async () => {
    const { client, pid } = await session('forgetful')
    await client.query('BEGIN; SELECT 1')
    const { db } = await place()
    const found = await examineHolders(db, 0)

    expect(found?.transactions).toContainEqual({
      pid,
      application: 'forgetful',
      role: expect.any(String),
      isIdle: true,
      seconds: expect.any(Number),
      idleSeconds: expect.any(Number),
    })
    expect((await examineHolders(db, 600))?.transactions).toEqual([])
  })
})

describe('locks', () => {
  test('for which somebody waits are told with who holds them', async () => {
    const [holder, waiter] = [await session('holder'), await session('migration')]
    await holder.client.query('BEGIN; LOCK oban_jobs IN ACCESS SHARE MODE')
    const waiting = waiter.client.query('ALTER TABLE oban_jobs ADD never text')
    // Ended by the test, so it fails.
    const failed = expect(waiting).rejects.toThrow('terminat')
    const { db, ...where } = await place()
    const blocked = `SELECT FROM pg_stat_activity
      WHERE pid = ${waiter.pid} AND wait_event_type = 'Lock'`
    await untilRows(database, blocked, (rows) => rows.length > 0)
    expect(await examineWaiting(db, 'public', 600)).toEqual([])
    const found = locks.judge((await examineWaiting(db, 'public', 0)) ?? [], where)

    expect(found).toEqual({
      result: 'warning',
      found: expect.stringContaining(`process ${waiter.pid} (migration) waits for`),
      todo: [`SELECT pg_terminate_backend(${holder.pid});`],
    })
    await database.query(`SELECT pg_terminate_backend(${waiter.pid})`)
    await failed
  })

  test('are given up by who holds them, not by those who wait in a row', async () => {
    const waits = { application: 'app', seconds: 5 }
    const waiting = [
      { ...waits, pid: 2, blockers: [1] },
      { ...waits, pid: 3, blockers: [2, 1] },
    ]

    expect(locks.judge(waiting, await place())).toMatchObject({
      result: 'warning',
      todo: ['SELECT pg_terminate_backend(1);'],
    })
  })

  test('for which nobody waits are well', async () => {
    expect(locks.judge([], await place()).result).toBe('ok')
  })
})

describe('replication', () => {
  test('slots that nobody reads, and prepared transactions, are seen', async () => {
    const server = await startPrivateServer({
      settings: { max_prepared_transactions: '2', wal_level: 'logical' },
    })
    onTestFinished(() => server.remove())
    const { client } = await session('owner', server.url)
    await client.query("SELECT pg_create_physical_replication_slot('gone')")
    await client.query("BEGIN; CREATE TABLE t (); PREPARE TRANSACTION 'it''s'")
    const found = await examineHolders({ client, prefix: '', named: false }, 0)

    expect(found).toMatchObject({
      slots: [{ name: 'gone', isActive: false, age: 0 }],
      prepared: [{ name: "it's", seconds: expect.any(Number) }],
    })
    expect(replication.judge(found ?? none, await place())).toMatchObject({
      result: 'note',
      found: 'slots that nobody reads: gone',
    })
    await client.query("ROLLBACK PREPARED 'it''s'")
  }, 60_000)

  test('that lags is the worse the more it keeps', async () => {
    const where = await place()
    const judge = (age: number) =>
      replication.judge({ ...none, slots: [{ name: 'old', isActive: true, age }] }, where)

    expect(judge(0).result).toBe('ok')
    expect(judge(2_000_000).result).toBe('warning')
    expect(judge(60_000_000)).toMatchObject({
      result: 'problem',
      found: 'old keeps 60,000,000 transactions',
    })
  })

  test('has transactions that were prepared and never ended', async () => {
    const prepared = [{ name: "it's", seconds: 301 }]

    expect(preparedTransactions.judge({ ...none, prepared }, await place())).toMatchObject({
      result: 'warning',
      todo: ["ROLLBACK PREPARED 'it''s';"],
    })
  })
})
