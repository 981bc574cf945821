import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { administer, useDatabase } from '../../support/database.ts'
import { databaseUrl } from '../../support/database-url.ts'
import { createEmptyDatabase } from '../../engine/empty-database.ts'
import { install } from '../../../src/engine/migrator.ts'
import { root } from '../../support/modules.ts'
import { makeOban } from '../../support/oban.ts'
import { examined } from './examined.ts'

const database = useDatabase()

/** A role of the running test that may do nothing, and the URL with which it connects. */
async function makeRole(url: string) {
  const role = `oban_test_${randomBytes(4).toString('hex')}`
  await administer(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
  onTestFinished(async () => {
    const owner = new Client({ connectionString: url })
    await owner.connect()
    await owner.query(`DROP OWNED BY ${role}`)
    await owner.end()
    await administer(`DROP ROLE ${role}`)
  })
  const own = new URL(databaseUrl(inject('serverUrl'), new URL(url).pathname.slice(1)))
  own.username = role
  own.password = 'secret'

  return { role, url: own.href }
}

describe('the rights of a role', () => {
  test('that has none are problems, with the statements that give them', async () => {
    const { role, url } = await makeRole(database.url)
    const found = await examined(url)

    expect(found.of('table-rights')).toEqual({
      result: 'problem',
      found: expect.stringContaining(`${role} lacks SELECT, INSERT, UPDATE, DELETE on oban_jobs`),
      todo: expect.arrayContaining([
        `GRANT SELECT, INSERT, UPDATE ON "public"."oban_ts_crons" TO "${role}";`,
      ]),
    })
    expect(found.of('sequence-rights').result).toBe('problem')
    expect(found.of('maintenance-right').result).toBe('note')
    expect(found.of('statistics-right').result).toBe('note')
    expect(found.of('superuser').result).toBe('ok')
    // What cannot be read is a note, and the others go on.
    expect(found.of('nodes')).toMatchObject({
      result: 'note',
      found: 'this role may not look: permission denied for table oban_ts_producers',
    })
    expect(found.of('notifications').result).toBe('ok')
    expect(found.with('problem')).toEqual(['table-rights', 'sequence-rights'])
  })

  test('are enough once each statement was done', async () => {
    const { url } = await makeRole(database.url)
    const before = await examined(url)
    for (const id of ['table-rights', 'sequence-rights', 'statistics-right']) {
      for (const line of before.of(id).todo) await database.query(line)
    }
    const found = await examined(url)

    expect(found.of('table-rights').result).toBe('ok')
    expect(found.of('sequence-rights').result).toBe('ok')
    expect(found.of('statistics-right').result).toBe('ok')
    expect(found.with('problem')).toEqual([])
  })

  test('begin with the schema and its functions', async () => {
    const empty = await createEmptyDatabase()
    const owner = await empty.connect()
    await install(owner, { prefix: 'jobs' })
    const { role, url } = await makeRole(empty.url)
    await owner.query('REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC')
    const found = await examined(url, 'jobs')

    expect(found.of('table-rights').todo[0]).toBe(`GRANT USAGE ON SCHEMA "jobs" TO "${role}";`)
    expect(found.of('function-rights')).toEqual({
      result: 'problem',
      found: `${role} may not call pg_notify(text,text)`,
      todo: [`GRANT EXECUTE ON FUNCTION pg_catalog.pg_notify(text,text) TO "${role}";`],
    })
  })

  test('that docs/production.md gives are all that a node needs', async () => {
    const text = readFileSync(join(root, 'docs/production.md'), 'utf8')
    const [, block = ''] = /```sql\n(CREATE ROLE [^]*?)```/.exec(text) ?? []
    const { role, url } = await makeRole(database.url)
    const statements = block.replace(/^CREATE ROLE .*\n/m, '').replaceAll('oban_node', role)
    await database.query(statements)
    const found = await examined(url)

    expect(statements).toContain(`TO ${role}`)
    expect(found.with('problem')).toEqual([])
    expect(found.of('table-rights').result).toBe('ok')
    const { oban, told } = makeOban({ database: url, queues: { default: 1 }, workers: [] })
    const led = told.until('peer.election', ({ leader }) => leader)
    await oban.start()
    await led
    const { id } = await oban.enqueue('Any', {}, { queue: 'other' })
    expect(await oban.deleteJob(id)).toBe(true)
    expect(told.all('query.failed')).toEqual([])
  })
})
