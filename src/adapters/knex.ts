/** Jobs in a transaction of Knex. */
import type { QueryClient } from '../job/query-client.ts'
import { splitAtParameters } from './placeholders.ts'
import { hasMethods, refuseUnlike } from './refusal.ts'

/** The part of a `Knex.Transaction` that is needed. */
export interface KnexTransaction {
  readonly isTransaction?: boolean
  raw(
    sql: string,
    bindings: readonly (string | null)[],
  ): PromiseLike<{ readonly rows: readonly unknown[] }>
}

/**
 * Enqueue in a transaction of Knex.
 *
 * @example
 * ```ts
 * await knex.transaction(async (trx) => {
 *   await Welcome.enqueue({ userId: 1 }, { client: fromKnex(trx) })
 * })
 * ```
 *
 * @param trx - of `knex.transaction()`; a nested one is a savepoint
 * @throws {ConfigError} for anything else, such as the `knex` instance itself
 */
export function fromKnex(trx: KnexTransaction): QueryClient {
  if (!hasMethods(trx, ['raw']) || trx.isTransaction !== true) {
    refuseUnlike('fromKnex', 'a transaction: the trx of knex.transaction((trx) => …)')
  }

  return {
    query(text, values) {
      const { parts, positions } = splitAtParameters(text)
      // Its own sign for a parameter, wherever else it stands, is a question mark to be kept.
      const escaped = parts.map((part) => part.replaceAll('?', String.raw`\?`))
      const bindings = positions.map((position) => values[position] ?? null)

      return trx.raw(escaped.join('?'), bindings)
    },
  }
}
