/**
 * Inserts that stay prepared on the connections of a pool of our own. To parse and plan one takes the server
 * longer than to store a job by it, and none reads a table whose size could make another plan better.
 */
import type { Pool } from 'pg'
import type { QueryClient } from '../job/query-client.ts'
import { isPooled } from './pooler.ts'
import { statementName } from './query.ts'
import { isStale } from './refusal.ts'

/**
 * Sends each statement by a name of its own, unless a pooler lends connections out, behind which the name would
 * be unknown. Asks that with the first statement, of all that the pool will ever open.
 */
export function preparing(pool: Pool): QueryClient {
  let direct: Promise<boolean> | undefined

  return {
    query: async (text, values) => {
      direct ??= isDirect(pool)
      try {
        return await pool.query({
          text,
          values,
          ...((await direct) && { name: statementName(text) }),
        })
      } catch (error) {
        // Perhaps it is that question that failed.
        direct = undefined
        // A pooler took the server's place at the same address. Nothing was stored.
        if (isStale(error)) return pool.query(text, [...values])
        throw error
      }
    },
  }
}

async function isDirect(pool: Pool): Promise<boolean> {
  const client = await pool.connect()
  try {
    return !(await isPooled(client))
  } finally {
    client.release()
  }
}
