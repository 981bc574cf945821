/**
 * Whether LISTEN can work on a connection. Behind a pooler in transaction mode it cannot, and does not
 * show it: the pooler passes on what arrives during a query of ours, such as what we say to ourselves,
 * and drops the rest.
 */
import { Client, type ClientConfig } from 'pg'

/** A busy pooler may give us the same process several times, while it gives it to others between. */
const LOOKS = 10

/** A pooler stands between, and lends the connection to others. */
export class PooledError extends Error {
  constructor() {
    super(
      'notifications do not arrive through a pooler in transaction mode: give database.listen the URL ' +
        'of the server itself',
    )
  }
}

async function answererOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')

  return rows[0]?.pid ?? 0
}

/**
 * Check that the process which answers on a connection is ours for as long as we are connected, and is
 * lent to nobody else meanwhile: to a second connection, opened here where there is a pooler.
 *
 * @param connect - how the connection was opened
 * @throws {PooledError} when it is lent
 */
export async function refuseLent(client: Client, connect: ClientConfig): Promise<void> {
  const ours = await answererOf(client)
  // Without a pooler we were greeted by the process that answers.
  if (Reflect.get(client, 'processID') === ours) return
  const other = new Client(connect)
  other.on('error', () => {
    // What is being awaited on it rejects as well.
  })
  try {
    await other.connect()
    for (let look = 0; look < LOOKS; look += 1) {
      // The process that was given back last is given out first: one after the other meets it when
      // nobody else asks, both at once change places when they keep theirs.
      const given = [await answererOf(other)]
      const kept = [await answererOf(client)]
      const [first, second] = await Promise.all([answererOf(client), answererOf(other)])
      if ([...kept, first].some((pid) => pid !== ours) || [...given, second].includes(ours)) {
        throw new PooledError()
      }
    }
  } finally {
    await other.end()
  }
}
