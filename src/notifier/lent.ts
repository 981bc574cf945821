/**
 * Whether LISTEN can work on a connection. Behind a pooler in transaction mode it cannot, and does not
 * show it: the pooler passes on what arrives during a query of ours, such as what we say to ourselves,
 * and drops the rest.
 */
import { Client, type ClientConfig } from 'pg'

/** A busy pooler may happen to give us the same process again, and others another. */
const LOOKS = 3

async function answererOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')

  return rows[0]?.pid ?? 0
}

/**
 * Whether a pooler lends the process that answers on a connection to others meanwhile: to a second
 * connection, opened here.
 *
 * @param connect - how the connection was opened
 */
export async function isLent(client: Client, connect: ClientConfig): Promise<boolean> {
  const ours = await answererOf(client)
  // Without a pooler we were greeted by the process that answers.
  if (Reflect.get(client, 'processID') === ours) return false
  const other = new Client(connect)
  other.on('error', () => {
    // What is being awaited on it rejects as well.
  })
  try {
    await other.connect()
    for (let look = 0; look < LOOKS; look += 1) {
      if ((await answererOf(other)) === ours || (await answererOf(client)) !== ours) return true
    }

    return false
  } finally {
    await other.end()
  }
}
