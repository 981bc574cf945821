/**
 * A connection of the caller, usually inside a transaction: a `pg` Client or PoolClient, or anything
 * whose `query(text, values)` resolves to `{ rows }` or to the rows.
 */
export interface QueryClient {
  query(
    text: string,
    values: unknown[],
  ): PromiseLike<{ readonly rows: readonly unknown[] } | readonly unknown[]>
}
