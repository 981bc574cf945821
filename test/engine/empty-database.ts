/** An empty database for each test, and what stands in its catalog. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Client } from 'pg'
import { inject, onTestFinished } from 'vitest'
import { inSchema } from '../../src/engine/query.ts'
import { administer } from '../support/database.ts'
import { databaseUrl } from '../support/database-url.ts'

export interface EmptyDatabase {
  readonly url: string
  /** Open a connection, by its own URL where it has other parameters. It is ended with the test. */
  connect(url?: string): Promise<Client>
}

/** Create a database for the running test, dropped at its end. */
export async function createEmptyDatabase(): Promise<EmptyDatabase> {
  const name = `${inject('databasePrefix')}_${randomBytes(6).toString('hex')}`
  await administer(`CREATE DATABASE ${name} TEMPLATE template0`)
  const url = databaseUrl(inject('serverUrl'), name)
  const clients: Client[] = []
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.end()))
    await administer(`DROP DATABASE ${name} WITH (FORCE)`)
  })

  return {
    url,
    connect: async (connectionString = url) => {
      const client = new Client({ connectionString })
      await client.connect()
      clients.push(client)

      return client
    },
  }
}

/** Run a file of `test/fixtures` in a schema. */
export async function loadFixture(
  client: Client,
  name: 'schema_elixir' | 'schema_python' | 'schema_python_tables',
  { prefix = 'public', edit = (sql: string) => sql } = {},
): Promise<void> {
  const sql = readFileSync(new URL(`../fixtures/${name}.sql`, import.meta.url), 'utf8')
  await client.query(edit(inSchema(sql, prefix)))
}

const catalog = `
  SELECT 'column' AS kind, format('%s.%s', c.relname, a.attname) AS name,
         concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                   pg_get_expr(d.adbin, d.adrelid), c.relpersistence, c.reloptions) AS detail
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
   WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r'
   UNION ALL
  SELECT 'constraint', format('%s.%s', conrelid::regclass, conname), pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = to_regnamespace($1)
   UNION ALL
  SELECT 'index', relname, pg_get_indexdef(oid)
    FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'i'
   UNION ALL
  SELECT 'comment', relname, obj_description(oid, 'pg_class')
    FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'
   UNION ALL
  SELECT 'type', typname, (SELECT string_agg(enumlabel, ' ' ORDER BY enumsortorder)
                             FROM pg_enum WHERE enumtypid = pg_type.oid)
    FROM pg_type WHERE typnamespace = to_regnamespace($1) AND typtype = 'e'
   ORDER BY 1, 2`

/** Every table, column, constraint, index, comment and enum of the schema `public`, as lines. */
export async function describeCatalog(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ kind: string; name: string; detail: string | null }>(
    catalog,
    ['public'],
  )

  return rows.map(({ kind, name, detail }) => `${kind} ${name} ${detail ?? ''}`)
}
