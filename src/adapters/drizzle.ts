/** Jobs in a transaction of Drizzle. */
import type { QueryClient } from '../job/query-client.ts'
import { splitAtParameters } from './placeholders.ts'
import { hasMethods, refuseUnlike } from './refusal.ts'

type Answer = { readonly rows: readonly unknown[] } | readonly unknown[]

/** The part of a `PgTransaction` of Drizzle that is needed. */
export interface DrizzleTransaction<Query> {
  execute(query: Query): PromiseLike<Answer>
  /** What tells a transaction from the database. */
  rollback(): never
}

/** The part of Drizzle's `sql` that is needed. */
export interface DrizzleSql<Query> {
  raw(text: string): Query
  param(value: unknown): unknown
  join(chunks: unknown[]): Query
}

/** Drizzle repeats all parameters in its message, and so the arguments of jobs. */
function driverError(error: unknown): unknown {
  return error instanceof Error && 'params' in error ? (error.cause ?? error) : error
}

/**
 * Enqueue in a transaction of Drizzle, with whatever driver for PostgreSQL. A statement that fails
 * rejects with the error of the driver.
 *
 * @example
 * ```ts
 * await db.transaction(async (tx) => {
 *   await Welcome.enqueue({ userId: 1 }, { client: fromDrizzle(tx, sql) })
 * })
 * ```
 *
 * @param tx - of `db.transaction()`; a nested one is a savepoint
 * @param sql - of 'drizzle-orm'
 * @throws {ConfigError} for anything else, such as the database itself
 */
export function fromDrizzle<Query>(
  tx: DrizzleTransaction<Query>,
  sql: DrizzleSql<Query>,
): QueryClient {
  if (!hasMethods(tx, ['execute', 'rollback'])) {
    refuseUnlike('fromDrizzle', 'a transaction: the tx of db.transaction((tx) => …)')
  }
  if (!hasMethods(sql, ['raw', 'param', 'join'])) {
    refuseUnlike('fromDrizzle', "the sql of 'drizzle-orm' as its second argument")
  }

  return {
    async query(text, values) {
      const { parts, positions } = splitAtParameters(text)
      const chunks = parts.flatMap((part, index) => {
        const position = positions[index]

        return position === undefined
          ? [sql.raw(part)]
          : [sql.raw(part), sql.param(values[position])]
      })
      try {
        return await tx.execute(sql.join(chunks))
      } catch (error) {
        throw driverError(error)
      }
    },
  }
}
