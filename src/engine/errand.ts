/** A connection for one piece of work that comes up now and then: opened for it, closed after it. */
import type { QueryClient } from '../job/query-client.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { Db } from './query.ts'

export interface ErrandOptions extends ConnectionOptions {
  readonly prefix: string
  /** Lets go of the connection at once, and ends what the server is doing on it. */
  readonly signal: AbortSignal
}

/**
 * @throws {Error} what the work threw; when the signal aborted, its reason
 */
export async function errand<Result>(
  { prefix, signal, ...options }: ErrandOptions,
  work: (db: Db) => Promise<Result>,
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
 * locks along: a node that freezes in the middle holds up the others for seconds at most.
 *
 * @param db - of an errand: a connection that is shared would take in the statements of others
 * @throws {Error} what the work threw; nothing is stored then
 */
export async function asTransaction<Result>(
  { client }: Db,
  work: (client: QueryClient) => Promise<Result>,
): Promise<Result> {
  const inside: QueryClient = { query: (text, values) => client.query({ text, values }) }
  await inside.query('BEGIN', [])
  const result = await work(inside)
  await inside.query('COMMIT', [])

  return result
}
