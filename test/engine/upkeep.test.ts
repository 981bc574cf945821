import { randomBytes } from 'node:crypto'
import type { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import type { Db } from '../../src/engine/query.ts'
import { inspectUpkeep, lookWear, vacuumJobs } from '../../src/engine/upkeep.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { schemas, useBench } from './statements.ts'

type Look = Awaited<ReturnType<typeof lookWear>>[number]

/** A session tells what it has counted a second later, or ten. */
async function wearAfter(db: Db, isAfter: (look: Look) => boolean): Promise<Look> {
  for (;;) {
    const [look] = await lookWear(db, db.prefix)
    if (look && isAfter(look)) return look
    await db.client.query({ text: 'SELECT pg_sleep(0.01)' })
  }
}

describe.each(schemas)('the wear of the jobs table in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test('is what claims and completions leave in its indexes', async () => {
    const { db, insert, sql } = await start()
    const [before] = await lookWear(db, prefix)
    const id = await insert()
    await sql(`UPDATE /*prefix*/oban_jobs SET state = 'executing', attempt = 1 WHERE id = $1`, [id])
    await sql(`UPDATE /*prefix*/oban_jobs SET state = 'completed' WHERE id = $1`, [id])
    const seen = await wearAfter(db, ({ updates }) => updates !== before?.updates)

    expect(Number(seen.updates) - Number(before?.updates)).toBe(2)
  })

  test('is gone after a vacuum', async () => {
    const { db } = await start()
    const [before] = await lookWear(db, prefix)
    await vacuumJobs(db)
    const seen = await wearAfter(db, ({ vacuums }) => vacuums !== before?.vacuums)

    expect(Number(seen.vacuums)).toBeGreaterThan(Number(before?.vacuums))
  })

  test('is not known where there is no table', async () => {
    const { db } = await start()

    expect(await lookWear(db, 'nowhere')).toEqual([])
  })
})

describe('upkeep', () => {
  const database = useDatabase()

  async function session(url = database.url): Promise<Db & { readonly client: Client }> {
    const client = await connectTo(url)

    return { client, prefix: 'public', named: false }
  }

  test('is for the owner of the table, and for who owns the database', async () => {
    const role = `oban_test_${randomBytes(4).toString('hex')}`
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
    await database.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON oban_jobs TO ${role}`)
    const url = new URL(database.url)
    url.username = role
    url.password = 'secret'
    const [owner, other] = [await session(), await session(url.href)]

    expect(await inspectUpkeep(owner, 'public')).toEqual([
      { allowed: 't', rebuilds: 't', busy: 'f' },
    ])
    expect(await inspectUpkeep(other, 'public')).toEqual([
      { allowed: 'f', rebuilds: 'f', busy: 'f' },
    ])
    await other.client.end()
    await database.query(`DROP OWNED BY ${role}`)
    await database.query(`DROP ROLE ${role}`)
  })

  test.each([
    'SHARE UPDATE EXCLUSIVE',
    'SHARE',
    'SHARE ROW EXCLUSIVE',
    'EXCLUSIVE',
    'ACCESS EXCLUSIVE',
  ])('is seen, and not waited for, while somebody else is in its way in %s mode', async (mode) => {
    const [busy, other] = [await session(), await session()]
    await busy.client.query(`BEGIN; LOCK oban_jobs IN ${mode} MODE`)

    expect(await inspectUpkeep(other, 'public')).toEqual([
      { allowed: 't', rebuilds: 't', busy: 't' },
    ])
    const startedAt = performance.now()
    await vacuumJobs(other)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    await busy.client.query('ROLLBACK')
  })

  test('does not wait for who reads and writes jobs', async () => {
    const [busy, other] = [await session(), await session()]
    await busy.client.query('BEGIN; LOCK oban_jobs IN ROW EXCLUSIVE MODE')

    expect(await inspectUpkeep(other, 'public')).toMatchObject([{ busy: 'f' }])
    await busy.client.query('ROLLBACK')
  })
})
