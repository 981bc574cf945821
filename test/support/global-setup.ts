/**
 * Brings up the database server of a test run, and the template that test databases are copies of.
 *
 * The server is the one at `DATABASE_URL`, or a throw-away cluster. A run leaves nothing behind.
 */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../../src/embedded/server.ts'
import { install } from '../../src/engine/migrator.ts'
import { databaseUrl } from './database-url.ts'
import { removeLeftovers, temporaryFolder } from './temporary-folder.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the server's administrative database. */
    readonly serverUrl: string
    /** Starts the names of all databases of this run: runs may share a server. */
    readonly databasePrefix: string
  }
}

interface Server {
  readonly url: string
  stop(): Promise<void>
}

async function startServer(): Promise<Server> {
  const given = process.env['DATABASE_URL']
  if (given !== undefined && given !== '') return { url: given, stop: () => Promise.resolve() }

  await removeLeftovers()
  const dataDir = temporaryFolder()
  // Speed that only a crash of the whole machine can punish. `synchronous_commit` keeps its default,
  // as the library changes it itself.
  const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '300' }
  const server = await startEmbedded({ dataDir, settings })

  return {
    url: server.url,
    stop: async () => {
      await server.stop()
      rmSync(dataDir, { recursive: true })
    },
  }
}

async function withClient(url: string, act: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await act(client)
  } finally {
    await client.end()
  }
}

async function makeTemplate(serverUrl: string, name: string): Promise<void> {
  await withClient(serverUrl, async (client) => {
    await client.query(
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`,
    )
  })
  // The Oban schema goes into the template once: every test database is a copy of it.
  await withClient(databaseUrl(serverUrl, name), async (client) => {
    await install(client, { prefix: 'public' })
  })
}

async function dropAll(serverUrl: string, prefix: string): Promise<void> {
  await withClient(serverUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [prefix],
    )
    for (const { datname } of rows) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`)
  })
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer()
  const prefix = `oban_test_${randomBytes(4).toString('hex')}`
  await makeTemplate(server.url, `${prefix}_template`)
  project.provide('serverUrl', server.url)
  project.provide('databasePrefix', prefix)

  return async () => {
    await dropAll(server.url, prefix)
    await server.stop()
  }
}
