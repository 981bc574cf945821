import { describe, expect, test } from 'vitest'
import { useDatabase } from '../../support/database.ts'
import { createEmptyDatabase } from '../../engine/empty-database.ts'
import { install } from '../../../src/engine/migrator.ts'
import { documentedGrants, makeRole } from '../../support/roles.ts'
import { examined } from './examined.ts'

const database = useDatabase()

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
    const { role, url } = await makeRole(database.url)
    await database.query(documentedGrants('docs/production.md', 'oban_node', role))
    const found = await examined(url)

    expect(found.with('problem')).toEqual([])
    expect(found.of('table-rights').result).toBe('ok')
  })
})
