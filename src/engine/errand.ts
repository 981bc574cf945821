/** A connection for one piece of work that comes up now and then: opened for it, closed after it. */
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
