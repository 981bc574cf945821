/** What the tests of single statements need: the three schemas that there are, and rows in them. */
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { beforeAll, onTestFinished } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { registerProducer } from '../../src/engine/producers.ts'
import { inSchema, type Db } from '../../src/engine/query.ts'
import { useDatabase } from '../support/database.ts'
import { loadFixture } from './empty-database.ts'

/** Ours, and those that Elixir and Python made; Python's has other types in some columns. */
export const schemas = ['public', 'elixir', 'python'] as const

/** Columns of a row, each an expression of SQL. */
export type Columns = Readonly<Record<string, string>>

type Session = Db & { readonly client: Client }

export interface Bench {
  readonly db: Session
  /** A name that no other test uses. */
  readonly queue: string
  /** Open another session, ended with the test. */
  readonly session: () => Promise<Session>
  /** Run a statement in which `/*prefix*\/` stands for the schema. */
  readonly sql: (text: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>
  /** Insert a job into the queue; resolves to its id. */
  readonly insert: (columns?: Columns) => Promise<string>
  /** Every column of a job, as JSON. */
  readonly job: (id: string) => Promise<Record<string, unknown>>
  /** Register a producer; resolves to its uuid. */
  readonly producer: (meta?: string) => Promise<string>
}

/** A bench for each test: `const bench = useBench('python')`, then `await bench()`. */
export function useBench(prefix: (typeof schemas)[number]): () => Promise<Bench> {
  const database = useDatabase()
  const connect = async () => {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    await client.query(`SET DateStyle = 'ISO, YMD'`)

    return client
  }
  beforeAll(async () => {
    const client = await connect()
    if (prefix === 'elixir') await loadFixture(client, 'schema_elixir', { prefix, edit: inPrefix })
    if (prefix === 'python') {
      await loadFixture(client, 'schema_python', { prefix, edit: inPrefix })
      await loadFixture(client, 'schema_python_tables', { prefix })
    }
    await install(client, { prefix })
    await client.end()
  })
  const inPrefix = (sql: string) => `CREATE SCHEMA ${prefix}; ${sql}`

  const session = async () => {
    const client = await connect()
    onTestFinished(() => client.end())

    return { client, prefix, named: true }
  }

  return async () => {
    const db = await session()
    const queue = randomUUID()
    const sql: Bench['sql'] = async (text, values = []) =>
      (await db.client.query(inSchema(text, prefix), [...values])).rows
    const insert = async (columns: Columns = {}) => {
      const all = { queue: `'${queue}'`, worker: `'Greet'`, ...columns }
      const [row] = await sql(
        `INSERT INTO /*prefix*/oban_jobs (${Object.keys(all).join(', ')})
         VALUES (${Object.values(all).join(', ')}) RETURNING id::text`,
      )

      return String(row?.['id'])
    }
    const job = async (id: string) => {
      const rows = await sql(
        'SELECT to_jsonb(job) AS job FROM /*prefix*/oban_jobs AS job WHERE id = $1',
        [id],
      )

      return Object(rows[0]?.['job'])
    }
    const producer = async (meta = '{}') => {
      const uuid = randomUUID()
      await registerProducer(db, uuid, 'Oban', 'node', queue, meta)

      return uuid
    }

    return { db, queue, session, sql, insert, job, producer }
  }
}

/** The moment of a claim in these tests, to the microsecond. */
export const CLAIMED_AT = '2030-01-31 09:00:00.123456'

/** Columns of a job that a producer executes. */
export function executing(uuid: string, columns: Columns = {}): Columns {
  return {
    state: `'executing'`,
    attempt: '1',
    attempted_at: `'${CLAIMED_AT}'`,
    attempted_by: `ARRAY['node', '${uuid}']`,
    ...columns,
  }
}
