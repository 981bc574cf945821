/**
 * A connection of the caller, usually inside a transaction: a `pg` Client or PoolClient, or anything
 * whose `query(text, values)` resolves to `{ rows }` or to the rows. Values are texts or null and the
 * statement casts them, since libraries differ in what they make of numbers, arrays and objects.
 */
export interface QueryClient {
  query(
    text: string,
    values: (string | null)[],
  ): PromiseLike<{ readonly rows: readonly unknown[] } | readonly unknown[]>
}
