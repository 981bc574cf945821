/** Jobs in a transaction of postgres.js. */
import type { QueryClient } from '../job/query-client.ts'
import { hasMethods, refuseUnlike } from './refusal.ts'

/** The part of a `TransactionSql` or `ReservedSql` of postgres.js that is needed. */
export interface PostgresJsTransaction {
  unsafe(query: string, parameters?: unknown[]): PromiseLike<readonly unknown[]>
  typed(value: string | null, oid: number): unknown
}

const TEXT_OID = 25

/**
 * Enqueue in a transaction of postgres.js.
 *
 * @example
 * ```ts
 * await sql.begin(async (tx) => {
 *   await Welcome.enqueue({ userId: 1 }, { client: fromPostgresJs(tx) })
 * })
 * ```
 *
 * @param sql - of `sql.begin()`, `savepoint()` or `reserve()`
 * @throws {ConfigError} for anything else, such as the `sql` that pools connections
 */
export function fromPostgresJs(sql: PostgresJsTransaction): QueryClient {
  const isBound = hasMethods(sql, ['savepoint']) || hasMethods(sql, ['release'])
  if (!isBound || !hasMethods(sql, ['unsafe', 'typed'])) {
    refuseUnlike('fromPostgresJs', 'the sql of sql.begin((sql) => …) or of sql.reserve()')
  }

  return {
    query: (text, values) =>
      // Untyped, what goes to a jsonb would be made JSON once more.
      sql.unsafe(
        text,
        values.map((value) => sql.typed(value, TEXT_OID)),
      ),
  }
}
