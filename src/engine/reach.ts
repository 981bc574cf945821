/** How an instance connects, and its first contact with the database. */
import { Client, Pool, type ClientConfig } from 'pg'
import type { Clock } from '../clock.ts'
import type { DatabaseConfig } from '../config.ts'
import { DatabaseUnreachableError } from '../database-errors.ts'
import { nameOf } from './client.ts'
import { examineGrants, type GrantFacts } from './examine.ts'
import { outlive } from './outlive.ts'
import { isRefusal } from './refusal.ts'
import { requireRights } from './rights.ts'
import { describeSchema, requireSchema, type SchemaFacts } from './schema.ts'

/** How long a server may take to come up beside us, and the pause between tries. */
const PATIENCE_MS = 10_000
const PAUSE_MS = 250

/** How to open connections of our own. A pool keeps its password where a spread does not find it. */
export function connectionOf(
  database: Exclude<DatabaseConfig, { kind: 'embedded' }>,
): ClientConfig {
  if (database.kind === 'url') return { connectionString: database.url }
  const { options } = database.pool
  const { password }: ClientConfig = options

  return password === undefined ? { ...options } : { ...options, password }
}

/** How to open the connection that listens, where that is not as all others are. */
export function listenerOf(database: DatabaseConfig | undefined): ClientConfig | undefined {
  if (database === undefined || database.kind === 'embedded') return undefined

  return database.listen === undefined ? undefined : { connectionString: database.listen }
}

/** A pool for enqueueing and managing jobs, which does not keep the process alive. */
export function openPool(connect: ClientConfig): Pool {
  const pool = new Pool({
    ...connect,
    application_name: 'oban-ts:client',
    allowExitOnIdle: true,
    keepAlive: true,
  })
  outlive(pool)

  return pool
}

/** The same for all who connect to the same database, whatever their options say and leave out. */
export function addressOf(connect: ClientConfig, prefix: string): string {
  const { host, port, database } = new Client(connect)

  return JSON.stringify([host, port, database, prefix])
}

/** The driver reads certificates that a URL names, and refuses URLs that it cannot read, at once. */
function clientOf(config: ClientConfig): Client {
  try {
    return new Client(config)
  } catch (error) {
    throw new DatabaseUnreachableError(nameOf(config), { cause: error })
  }
}

/** What a node has to know of its database before it starts. */
interface Found {
  readonly facts: SchemaFacts
  readonly grants: GrantFacts | undefined
}

/** One try: what stands in the schema and what the role may, or why it could not be read. */
async function tryRead(
  connect: ClientConfig,
  prefix: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<Error | Found> {
  const client = clientOf({
    ...connect,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: PATIENCE_MS,
    application_name: 'oban-ts:start',
  })
  client.on('error', () => {
    // What is being awaited on this connection rejects as well.
  })
  // A host that does not answer at all would be waited for.
  const giveUp = () => {
    client.connection.stream.destroy()
  }
  signal?.addEventListener('abort', giveUp)
  try {
    await client.connect()

    const db = { client, prefix, named: false }

    return { facts: await describeSchema(db), grants: await examineGrants(db, prefix) }
  } catch (error) {
    return error instanceof Error ? error : new Error('connecting failed', { cause: error })
  } finally {
    signal?.removeEventListener('abort', giveUp)
    await client.end()
  }
}

/**
 * Connect, waiting for a server that is starting, and check what stands in the schema and what the role
 * may do there.
 *
 * @param signal - ends the wait; what it was aborted with is thrown
 * @throws {DatabaseUnreachableError} when no server answers within 10 seconds, or it refuses us
 * @throws {SchemaMissingError} when the tables are not there
 * @throws {MigrationError} when a newer release migrated them
 * @throws {MissingRightsError} when the role may not do with them what a node does
 */
export async function reachSchema(
  connect: ClientConfig,
  prefix: string,
  clock: Clock,
  signal?: AbortSignal,
): Promise<SchemaFacts> {
  const deadlineMs = clock.monotonicMs() + PATIENCE_MS
  for (;;) {
    const leftMs = deadlineMs - clock.monotonicMs()
    const found = await tryRead(connect, prefix, { timeoutMs: Math.max(PAUSE_MS, leftMs), signal })
    signal?.throwIfAborted()
    if (!(found instanceof Error)) {
      const { facts, grants } = found
      requireSchema(facts, prefix)
      if (grants) requireRights(grants, prefix)

      return facts
    }
    if (isRefusal(found) || leftMs <= PAUSE_MS) {
      throw new DatabaseUnreachableError(nameOf(connect), { cause: found })
    }
    await new Promise<void>((resolve) => {
      // Nothing else keeps a starting process alive: it would end without a word.
      clock.after(PAUSE_MS, resolve, { keepAlive: true })
    })
  }
}
