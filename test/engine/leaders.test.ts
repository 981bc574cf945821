import { describe, expect, test } from 'vitest'
import {
  electLeader,
  livePythonLeaders,
  renewLeader,
  resignLeader,
} from '../../src/engine/leaders.ts'
import type { Db } from '../../src/engine/query.ts'
import { schemas, useBench } from './statements.ts'

/** The text of a term, as the database wrote it. */
async function elected(db: Db, name: string, node: string, leaseSeconds = 30): Promise<string> {
  const [row] = await electLeader(db, name, node, leaseSeconds, null)
  if (typeof row?.elected_at !== 'string') throw new Error('was not elected')

  return row.elected_at
}

const resign = (db: Db, name: string, node: string, term: string) =>
  resignLeader(db, name, node, term, 'test.leaders', '{}')

describe.each(schemas)('an election in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test('has one winner, and tells the others how long its lease lasts', async () => {
    const { db, queue: name, session } = await start()
    const sessions = await Promise.all(Array.from({ length: 5 }, session))
    const rows = await Promise.all(
      sessions.map((each, index) => electLeader(each, name, `node.${index}`, 30, null)),
    )

    expect(rows.filter(([row]) => typeof row?.elected_at === 'string')).toHaveLength(1)
    const [row] = await electLeader(db, name, 'late', 30, null)
    expect(row?.elected_at).toBeNull()
    expect(Number(row?.left_ms)).toBeGreaterThan(20_000)
    expect(Number(row?.left_ms)).toBeLessThanOrEqual(30_000)
  })

  test('is held apart for each instance', async () => {
    const { db, queue } = await start()
    await elected(db, `${queue} a`, 'a')

    expect(await elected(db, `${queue} b`, 'b')).toMatch(/^\d{4}-/)
  })

  test('is won again once the lease has run out', async () => {
    const { db, queue: name } = await start()
    const term = await elected(db, name, 'a', 0)

    expect(await elected(db, name, 'b')).not.toBe(term)
    expect(await renewLeader(db, name, 'a', 30, term)).toEqual([])
  })

  test.each([
    [`'infinity'`, true],
    [`'294276-12-31'`, true],
    [`timezone('UTC', now()) + interval '4 hours'`, true],
    [`'-infinity'`, true],
    [`timezone('UTC', now()) + interval '2 hours'`, false],
  ])('is won from a lease until %s that somebody wrote: %s', async (until, isWon) => {
    const { db, queue: name, sql } = await start()
    const term = await elected(db, name, 'a')
    await sql(`UPDATE /*prefix*/oban_ts_leaders SET expires_at = ${until} WHERE name = $1`, [name])
    const [row] = await electLeader(db, name, 'b', 30, null)

    expect(typeof row?.elected_at).toBe(isWon ? 'string' : 'object')
    // Who leads makes its own lease what it should be.
    expect(await renewLeader(db, name, 'a', 30, term)).toHaveLength(isWon ? 0 : 1)
  })

  test('gives a node back the term that it had, and not one of a namesake', async () => {
    const { db, queue: name } = await start()
    const term = await elected(db, name, 'a')
    const [namesake] = await electLeader(db, name, 'a', 30, '2001-01-01 00:00:00')
    expect(namesake?.elected_at).toBeNull()
    const [again] = await electLeader(db, name, 'a', 30, term)

    expect(again?.elected_at).toMatch(/^\d{4}-/)
  })

  test('is prolonged by a renewal of the same term only', async () => {
    const { db, queue: name, sql } = await start()
    const term = await elected(db, name, 'a', 1)
    expect(await renewLeader(db, name, 'a', 60, term)).toEqual([{ elected_at: term }])
    const left = `SELECT expires_at > timezone('UTC', now()) + interval '50 s' AS long
                    FROM /*prefix*/oban_ts_leaders WHERE name = $1`
    expect(await sql(left, [name])).toEqual([{ long: true }])

    expect(await renewLeader(db, name, 'b', 30, term)).toEqual([])
    expect(await renewLeader(db, name, 'a', 30, '2001-01-01 00:00:00')).toEqual([])
  })

  test('is open at once, and announced, when the leader resigns', async () => {
    const { db, queue: name, session } = await start()
    const listener = await session()
    await listener.client.query('LISTEN "test.leaders"')
    const heard = new Promise((resolve) => {
      listener.client.on('notification', ({ payload }) => resolve(payload))
    })
    const term = await elected(db, name, 'a')
    expect(await resign(db, name, 'b', term)).toEqual([])
    expect(await resign(db, name, 'a', term)).toHaveLength(1)

    expect(await heard).toBe('{}')
    expect(await elected(db, name, 'b')).toMatch(/^\d{4}-/)
  })

  test('waits for the disk where heartbeats do not', async () => {
    const { db, queue: name } = await start()
    await db.client.query('SET synchronous_commit = off')
    await db.client.query('BEGIN')
    const term = await elected(db, name, 'a')
    const { rows: electing } = await db.client.query('SHOW synchronous_commit')
    await db.client.query('COMMIT; BEGIN')
    await renewLeader(db, name, 'a', 30, term)
    const { rows: renewing } = await db.client.query('SHOW synchronous_commit')
    await db.client.query('COMMIT')
    const { rows: after } = await db.client.query('SHOW synchronous_commit')

    expect([electing, renewing, after].flat()).toEqual([
      { synchronous_commit: 'local' },
      { synchronous_commit: 'local' },
      { synchronous_commit: 'off' },
    ])
  })
})

describe('leaders of oban-py', () => {
  const start = useBench('python')

  test('count for a minute: their leases are shorter than the wait between renewals', async () => {
    const { db, sql } = await start()
    await sql(
      `INSERT INTO /*prefix*/oban_leaders (name, node, elected_at, expires_at)
       SELECT name, name, now(), timezone('UTC', now()) + ends
         FROM (VALUES ('py.1', interval '3 s'), ('py.2', interval '-12 s'),
                      ('dead', interval '-61 s')) AS leader (name, ends)`,
    )

    expect(await livePythonLeaders(db)).toEqual([{ node: 'py.1' }, { node: 'py.2' }])
  })
})
