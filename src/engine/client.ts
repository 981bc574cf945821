/** Opens one connection, and says plainly why when it cannot. */
import { Client, DatabaseError, type ClientConfig } from 'pg'
import { DatabaseUnreachableError } from '../database-errors.ts'

export interface ClientOptions {
  /** What the connection is for, shown in `pg_stat_activity` after `oban-ts:`. */
  readonly role: string
  /** Longest wait for the server, in milliseconds. Default: 10_000 */
  readonly timeoutMs?: number
}

/** What stands before the password, and the rest up to the host, however it is escaped. */
const userInfo = /^([a-z]+:\/\/[^:@/]*|[^:@/]+(?!:\/\/)):[^]*@/i
/** As a parameter of a URL, or of a connection string as psql takes it. */
const passwordParameter = /(password\s*=\s*)(?:'[^']*'|[^&\s]*)/gi

/** A database URL that may be shown: its password is replaced by `***`. */
export function hidePassword(url: string): string {
  return url.replace(userInfo, '$1:***@').replace(passwordParameter, '$1***')
}

/** A server and a database of it, without passwords. */
export function nameOf({ connectionString, host, port, database }: ClientConfig): string {
  if (connectionString !== undefined) return hidePassword(connectionString)

  return `${host ?? 'localhost'}:${port ?? 5_432}/${database ?? ''}`
}

/**
 * Connect to a database. The caller ends the client.
 *
 * @param to - a connection string, or how a pool connects
 * @throws {DatabaseUnreachableError} when no server answers in time
 */
export async function connectClient(
  to: string | ClientConfig,
  { role, timeoutMs = 10_000 }: ClientOptions,
): Promise<Client> {
  const connect = typeof to === 'string' ? { connectionString: to } : to
  try {
    const client = new Client({
      ...connect,
      application_name: `oban-ts:${role}`,
      connectionTimeoutMillis: timeoutMs,
    })
    // Without a listener a lost connection ends the process; the statement in flight tells it anyway.
    client.on('error', () => {})
    await client.connect()

    return client
  } catch (error) {
    // The server has answered, and says itself what it misses.
    if (error instanceof DatabaseError) throw error

    throw new DatabaseUnreachableError(nameOf(connect), { cause: error })
  }
}
