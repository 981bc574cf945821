/** Empties the tables of a schema between tests. */
import type { QueryClient } from '../job/query-client.ts'
import { inlined } from './query.ts'

const textOf = inlined('empty_tables')

/**
 * Empty `oban_jobs` and our own tables, in one statement.
 *
 * @throws {Error} of the database: 42P01 without a jobs table, 55P03 when it is locked for five seconds
 */
export async function emptyTables(client: QueryClient, prefix: string): Promise<void> {
  await client.query(textOf(prefix, [prefix]), [])
}
