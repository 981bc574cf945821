/**
 * Statements of ours through any connection: ours, or a caller's inside its transaction. What they
 * answer is JSON, in the first column of one row, since a caller's client parses types as the caller likes.
 */
import type { QueryClient } from '../job/query-client.ts'

/** The row that a statement answers, or undefined. */
export async function askRow(
  client: QueryClient,
  text: string,
  values: (string | null)[],
): Promise<object | undefined> {
  const answer = await client.query(text, values)
  const rows: readonly unknown[] = 'rows' in answer ? answer.rows : answer

  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own statement's row
  return rows[0] as object | undefined
}

/** The value that a statement answers, or undefined when there is none. */
export async function ask<Value>(
  client: QueryClient,
  text: string,
  values: (string | null)[],
): Promise<Value | undefined> {
  const [column] = Object.values((await askRow(client, text, values)) ?? {})

  return readJson<Value | null>(column ?? null) ?? undefined
}

/** Some drivers parse JSON whatever its column says. */
export function readJson<Value>(column: unknown): Value {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON of our own statement
  return typeof column === 'string' ? JSON.parse(column) : (column as Value)
}
