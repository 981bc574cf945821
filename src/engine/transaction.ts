/** A transaction on a connection of the pool. */
import type { Pool, PoolClient } from 'pg'
import { outlive } from './outlive.ts'

/**
 * Run several statements as one; what they throw rolls them back.
 *
 * @param begin - the statement that opens the transaction
 */
export async function inTransaction<Result>(
  pool: Pool,
  begin: string,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  // A pool listens only to those that nobody uses; unheard, the loss of this one would end the process.
  const leave = outlive(client)
  let failure: Error | undefined
  try {
    await client.query(begin)
    const result = await work(client)
    await client.query('COMMIT')

    return result
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    leave()
    // A connection in the middle of a transaction does not go back to the pool.
    client.release(failure)
  }
}
