/** A connection for one piece of work that comes up now and then: opened for it, closed after it. */
import type { QueryClient } from '../job/query-client.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { Db } from './query.ts'

export interface ErrandOptions extends ConnectionOptions {
  readonly prefix: string
  /** Lets go of the connection at once, and ends what the server is doing on it. */
  readonly signal: AbortSignal
}

/** A connection that nobody else has. */
export interface ErrandDb extends Db {
  readonly client: Connection
}

/**
 * @throws {Error} what the work threw; when the signal aborted, its reason
 */
export async function errand<Result>(
  { prefix, signal, ...options }: ErrandOptions,
  work: (db: ErrandDb) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted()
  const client = new Connection(options)
  const cut = () => {
    client.cut()
  }
  signal.addEventListener('abort', cut, { once: true })
  try {
    // Its statements run once: a name would be prepared for nothing.
    return await work({ client, prefix, named: false })
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', cut)
    await client.close()
  }
}

/**
 * Do the work of an errand in one transaction. The end of its connection, by whatever reason, takes the
 * locks along: a node that freezes in the middle holds up the others for seconds at most. What is left of
 * the work is refused then: on a new session each statement would be a transaction of its own.
 *
 * @param work - is given the transaction twice: for statements of ours, and as users pass theirs
 * @throws {Error} what the work threw; nothing is stored then
 */
export async function asTransaction<Result>(
  db: ErrandDb,
  work: (db: Db, client: QueryClient) => Promise<Result>,
): Promise<Result> {
  const client = db.client.hold()
  const inside: QueryClient = { query: (text, values) => client.query({ text, values }) }
  await inside.query('BEGIN', [])
  const result = await work({ ...db, client }, inside)
  await inside.query('COMMIT', [])

  return result
}
