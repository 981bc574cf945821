import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inOneMessage, isPooled } from '../../src/engine/pooler.ts'
import { inSchema, withLiterals } from '../../src/engine/query.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { filesBelow, root } from '../support/modules.ts'

const database = useDatabase()

function connect() {
  return connectTo(database.url)
}

const hostile = [
  `it's`,
  String.raw`back\slash's`,
  'line\n-- no comment\nline',
  '$1 $2 /*prefix*/',
  '"{quoted},}"',
  '',
]

describe('inOneMessage', () => {
  test('writes parameters of every kind into the statement', async () => {
    const client = await connect()
    const text = `-- What is $1, and "who" asks?
      SELECT $1::text AS text, $2::bigint AS number, $3::boolean AS yes, $4::text AS nothing, -- $5
             $5::text[] AS texts, $6::int[] AS numbers, 'not $1 ''$2''' AS "not $1"`
    for (const string of hostile) {
      const values = [string, 2 ** 40, true, null, hostile, [1, 2]]
      const results: unknown = await client.query(
        inOneMessage({ text, values }, { lock_timeout: '1s' }),
      )
      const rows = [results].flat().at(-1)

      expect(rows).toMatchObject({
        rows: [
          {
            text: string,
            number: String(2 ** 40),
            yes: true,
            nothing: null,
            texts: hostile,
            numbers: [1, 2],
            'not $1': "not $1 '$2'",
          },
        ],
      })
    }
  })

  test('leaves no setting behind', async () => {
    const client = await connect()
    const settings = { lock_timeout: '7s', synchronous_commit: 'off' }
    const text = `SELECT current_setting('lock_timeout'), current_setting('synchronous_commit')`
    const during = await client.query(inOneMessage({ text, rowMode: 'array' }, settings))
    const after = await client.query({ text, rowMode: 'array' })

    expect([during].flat().at(-1)?.rows).toEqual([['7s', 'off']])
    expect(after.rows).toEqual([['0', 'on']])
  })

  test('sets the isolation of its transaction, and of one that is open in it already', async () => {
    const client = await connect()
    await client.query(`SET default_transaction_isolation = 'serializable'`)
    const settings = { lock_timeout: '1s', transaction_isolation: 'read committed' }
    const ask = async (text: string) => {
      const results: unknown = await client.query(inOneMessage({ text }, settings))

      return [results].flat().at(-1)
    }
    const found = { rows: [{ transaction_isolation: 'read committed' }] }
    expect(await ask('SHOW transaction_isolation')).toMatchObject(found)

    await ask('BEGIN')
    await ask('SELECT count(*) FROM oban_jobs')
    expect(await ask('SHOW transaction_isolation')).toMatchObject(found)
    await ask('COMMIT')
  })

  test('leaves a statement without parameters as it is', () => {
    const text = `SELECT '\n-- $1'`

    expect(inOneMessage({ text }, {}).text).toBe(text)
  })
})

/** Made by Elixir's or Python's migrations. */
const UNDEFINED_TABLE = '42P01'

describe('statements with literals', () => {
  const files = filesBelow('src/engine/queries').filter((path) => path.endsWith('.sql'))

  test.each(files)('are understood as they are with parameters: %s', async (path) => {
    const sql = inSchema(readFileSync(join(root, path), 'utf8'), 'public')
    const nothing = Array.from({ length: 20 }, () => null)
    const statements = withLiterals(sql, nothing).split(/;\s*\n/)
    const client = await connect()
    for (const statement of statements) {
      if (!/^\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE)/.test(statement)) continue
      const [explained] = await Promise.allSettled([client.query(`EXPLAIN ${statement}`)])
      if (explained.status === 'rejected') {
        expect(explained.reason).toMatchObject({ code: UNDEFINED_TABLE })
      }
    }
  })
})

describe('statements that no transaction may hold', () => {
  test.each([
    '-- Clean.\n-- $1\nVACUUM oban_jobs',
    'REINDEX INDEX CONCURRENTLY oban_jobs_state_queue_priority_scheduled_at_id_index',
    'DROP INDEX CONCURRENTLY IF EXISTS never_made',
  ])('go alone: %s', async (text) => {
    const client = await connect()
    const { command } = await client.query(
      inOneMessage({ text, values: [] }, { lock_timeout: '1s' }),
    )

    expect(['VACUUM', 'REINDEX', 'DROP']).toContain(command)
  })
})

describe('isPooled', () => {
  test('knows a server that answers for itself', async () => {
    expect(await isPooled(await connect())).toBe(false)
  })
})
