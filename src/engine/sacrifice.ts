/**
 * Statements that PostgreSQL ended in favour of another transaction, in a deadlock or as they could not be
 * put in an order. Acknowledgements lock rows in whatever order a plan reads them, as an order would
 * cost each of them; so who changes many jobs meanwhile may be the one to give way.
 */
import type { QueryClient } from '../job/query-client.ts'
import { sqlStateOf } from '../sql-state.ts'

/** SQLSTATE, as PostgreSQL calls them: deadlock detected, and serialization failure. */
const SACRIFICED = new Set(['40P01', '40001'])

/** Each try may wait a second for the next deadlock to be found. */
const MOST_TRIES = 5

/**
 * A client that sends such a statement again. For one whose statements are each a transaction of its own: what
 * was ended has left nothing behind.
 */
export function insistent(client: QueryClient): QueryClient {
  return {
    query: async (text, values) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await client.query(text, values)
        } catch (error) {
          if (tries >= MOST_TRIES || !SACRIFICED.has(sqlStateOf(error) ?? '')) throw error
        }
      }
    },
  }
}
