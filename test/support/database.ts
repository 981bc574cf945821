/** A database of its own for each test file, with the Oban schema installed. */
import { randomBytes } from 'node:crypto'
import { Client, Pool, type QueryResultRow } from 'pg'
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest'
import { databaseUrl } from './database-url.ts'

export interface TestDatabase {
  readonly url: string
  /** For the test's own statements; opened with the first, at most five connections. */
  readonly pool: Pool
  /** Run a statement of the test and return its rows. */
  readonly query: <Row extends QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ) => Promise<Row[]>
  /** Drop it, and end every connection to it that is still open. */
  readonly drop: () => Promise<void>
}

/** Run a statement on the server's administrative database, where databases are made. */
export async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: inject('serverUrl') })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Open a connection that ends with the running test. */
export async function connectTo(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString })
  await client.connect()
  onTestFinished(() => client.end())

  return client
}

/** Create a database with the Oban schema. */
export async function createDatabase(): Promise<TestDatabase> {
  const prefix = inject('databasePrefix')
  const name = `${prefix}_${randomBytes(6).toString('hex')}`
  await administer(`CREATE DATABASE ${name} TEMPLATE ${prefix}_template`)
  const url = databaseUrl(inject('serverUrl'), name)
  const pool = new Pool({ connectionString: url, max: 5 })
  // A test that ends connections also ends idle ones of the pool, which replaces them.
  pool.on('error', () => {})

  return {
    url,
    pool,
    query: async (text, values = []) => (await pool.query(text, [...values])).rows,
    drop: async () => {
      await pool.end()
      await administer(`DROP DATABASE ${name} WITH (FORCE)`)
    },
  }
}

/**
 * Give the calling test file (or `describe`) a database of its own, dropped at its end.
 *
 * @returns its members, to be read inside hooks and tests: they exist once `beforeAll` has run
 */
export function useDatabase(): Omit<TestDatabase, 'drop'> {
  let database: TestDatabase | undefined
  const current = () => {
    if (!database) throw new Error('the database is not there yet: use it in hooks and tests')

    return database
  }
  beforeAll(async () => {
    database = await createDatabase()
  })
  afterAll(() => database?.drop())

  return {
    get url() {
      return current().url
    },
    get pool() {
      return current().pool
    },
    query: (text, values) => current().query(text, values),
  }
}
