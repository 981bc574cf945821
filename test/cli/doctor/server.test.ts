import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { clock, reachable, version, writable } from '../../../src/cli/doctor/server.ts'
import type { ServerFacts } from '../../../src/engine/examine.ts'
import { describeSchema } from '../../../src/engine/schema.ts'
import { administer, useDatabase } from '../../support/database.ts'
import { databaseUrl } from '../../support/database-url.ts'
import { examined } from './examined.ts'

const database = useDatabase()

const facts: ServerFacts = {
  version: '15.4',
  versionNumber: 150_004,
  role: 'app',
  database: 'app',
  isSuperuser: false,
  isReplica: false,
  settings: {},
  otherSchemas: [],
}

async function place() {
  const db = { client: database.pool, prefix: 'public', named: false }

  return { prefix: 'public', schema: await describeSchema(db) }
}

/** Let sessions of the database begin with a setting, for the running test. */
async function begin(setting: string, value: string) {
  const name = new URL(database.url).pathname.slice(1)
  await administer(`ALTER DATABASE ${name} SET ${setting} = '${value}'`)
  onTestFinished(() => administer(`ALTER DATABASE ${name} RESET ${setting}`))
}

describe('the server', () => {
  test('that nobody reaches is the one finding', async () => {
    const found = await examined('postgres://app:secret@127.0.0.1:1/app')

    expect(found.with('problem')).toEqual(['reachable'])
    expect(found.of('reachable').found).toMatch(/^no PostgreSQL lets us in at postgres:.*ECONNREF/)
    expect(found.of('reachable').found).not.toContain('secret')
    expect(found.leftOut).toContain('version')
  })

  test('that refuses us says why', async () => {
    const found = await examined(databaseUrl(inject('serverUrl'), 'no_such_database'))

    expect(found.of('reachable').found).toContain('database "no_such_database" does not exist')
  })

  test('is as far away as a round trip takes', async () => {
    const where = await place()
    const judge = (roundTripMs: number) =>
      reachable.judge({ roundTripMs, aheadMs: 0 }, where).result

    expect([judge(2), judge(10), judge(50)]).toEqual(['ok', 'note', 'warning'])
  })

  test('has a clock of its own', async () => {
    const where = await place()
    const judge = (aheadMs: number) => clock.judge({ roundTripMs: 100, aheadMs }, where)

    expect(judge(149).found).toBe('this machine and the database agree')
    expect(judge(-600).result).toBe('note')
    expect(judge(-3_050)).toMatchObject({
      result: 'warning',
      found: 'the database is 3.0 s behind this machine',
    })
    expect(judge(3_050).found).toBe('the database is 3.0 s ahead of this machine')
    expect((await examined(database.url)).of('clock').result).toBe('ok')
  })

  test('is old, or a standby', async () => {
    const old = { ...facts, versionNumber: 130_012 }
    expect(version.judge(old, await place()).result).toBe('problem')
    expect(writable.judge({ ...facts, isReplica: true }, await place())).toMatchObject({
      result: 'problem',
      found: 'this is a hot standby, which is read-only',
    })
  })
})

describe('sessions that begin', () => {
  test('read-only are a problem', async () => {
    await begin('default_transaction_read_only', 'on')

    expect((await examined(database.url)).of('writable')).toMatchObject({
      result: 'problem',
      found: 'sessions of this role are read-only',
    })
  })

  test('with short timeouts, another isolation or without durability are told', async () => {
    await begin('statement_timeout', '500ms')
    await begin('idle_session_timeout', '10s')
    await begin('idle_in_transaction_session_timeout', '5min')
    await begin('default_transaction_isolation', 'serializable')
    await begin('synchronous_commit', 'off')
    const found = await examined(database.url)

    expect(found.of('timeouts')).toEqual({
      result: 'warning',
      found:
        'statement_timeout 500 ms ends large enqueueMany() and installs; ' +
        'idle_session_timeout 10.0 s ends connections that wait for work, which reconnect each time',
      todo: [
        expect.stringMatching(/^ALTER ROLE ".*" SET statement_timeout = '10000ms';$/),
        expect.stringMatching(/^ALTER ROLE ".*" SET idle_session_timeout = '60000ms';$/),
      ],
    })
    expect(found.of('isolation').result).toBe('warning')
    // Here fsync is off, which weighs more.
    expect(found.of('durability')).toMatchObject({
      result: 'warning',
      found: expect.stringContaining('fsync'),
    })
  })

  test('with long timeouts are well', async () => {
    await begin('statement_timeout', '30s')

    expect((await examined(database.url)).of('timeouts')).toMatchObject({
      result: 'ok',
      found: 'statement_timeout 30.0 s',
    })
  })
})
