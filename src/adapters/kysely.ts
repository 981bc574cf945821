/** Jobs in a transaction of Kysely. */
import type { QueryClient } from '../job/query-client.ts'
import { hasMethods, refuseUnlike } from './refusal.ts'

interface KyselyQuery {
  readonly sql: string
  readonly parameters: readonly unknown[]
  readonly query: {
    readonly kind: 'RawNode'
    readonly sqlFragments: readonly string[]
    readonly parameters: readonly never[]
  }
  readonly queryId: { readonly queryId: string }
}

/** The part of a `Transaction` or `ControlledTransaction` of Kysely that is needed. */
export interface KyselyTransaction {
  readonly isTransaction: true
  withoutPlugins(): {
    executeQuery(query: KyselyQuery): PromiseLike<{ readonly rows: readonly unknown[] }>
  }
}

/**
 * Enqueue in a transaction of Kysely. Its plugins are passed over, as they rename columns and parse
 * results.
 *
 * @example
 * ```ts
 * await db.transaction().execute(async (trx) => {
 *   await Welcome.enqueue({ userId: 1 }, { client: fromKysely(trx) })
 * })
 * ```
 *
 * @param trx - of `transaction().execute()` or `startTransaction().execute()`
 * @throws {ConfigError} for anything else, such as the `Kysely` instance itself
 */
export function fromKysely(trx: KyselyTransaction): QueryClient {
  const isTransaction = hasMethods(trx, ['executeQuery', 'withoutPlugins']) && trx.isTransaction
  if (!isTransaction) {
    refuseUnlike('fromKysely', 'a transaction: the trx of db.transaction().execute((trx) => …)')
  }
  const plain = trx.withoutPlugins()

  return {
    query: (text, values) =>
      plain.executeQuery({
        sql: text,
        parameters: values,
        query: { kind: 'RawNode', sqlFragments: [text], parameters: [] },
        queryId: { queryId: 'oban' },
      }),
  }
}
