/** Asks a port whether our server answers there. A query is the only proof that it is ready. */
import { resolve } from 'node:path'
import { Client, DatabaseError } from 'pg'

/**
 * `starting`: a server that does not take connections at the moment, perhaps ours. `stranger`:
 * somebody else's, which got the port while ours was down. `silent`: nobody that speaks PostgreSQL.
 */
export type Answer = 'ready' | 'silent' | 'starting' | 'stranger'

const answerWithinMs = 3_000
const cannotConnectNow = '57P03'
const invalidPassword = '28P01'
const tooManyConnections = '53300'

async function dataDirectory(client: Client): Promise<string> {
  await client.connect()
  const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory')

  // Windows spells it with slashes.
  return resolve(rows[0]?.data_directory ?? '')
}

/**
 * Connect, and compare the server's data directory with `data`: a folder that was copied has the
 * port and the password of the original.
 */
export async function probe(url: string, data: string): Promise<Answer> {
  const client = new Client({
    connectionString: url,
    application_name: 'oban-ts:probe',
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
  })
  // A lost connection also fails the call that waits; without a listener it would end the host.
  client.on('error', () => {})
  try {
    return (await dataDirectory(client)) === data ? 'ready' : 'stranger'
  } catch (error) {
    const code = error instanceof DatabaseError ? error.code : undefined
    if (code === cannotConnectNow) return 'starting'
    if (code === invalidPassword) return 'stranger'

    // A full server has accepted the password, which only a copy of its folder has as well.
    return code === tooManyConnections ? 'ready' : 'silent'
  } finally {
    await client.end()
  }
}
