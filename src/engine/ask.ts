/**
 * Statements of ours through any connection: ours, or a caller's inside its transaction. What they
 * answer is JSON, in the first column of one row, since a caller's client parses types as the caller likes.
 */
import { ConfigError } from '../errors.ts'
import type { QueryClient } from '../job/query-client.ts'
import { shown } from '../shown.ts'
import { withoutValues } from './refusal.ts'

/**
 * The row that a statement answers, or undefined.
 *
 * @throws {ConfigError} when a caller's client answers something else than rows
 */
export async function askRow(
  client: QueryClient,
  text: string,
  values: (string | null)[],
): Promise<object | undefined> {
  const answer = await send(client, text, values)
  const isResult = typeof answer === 'object' && answer !== null && 'rows' in answer
  const rows: unknown = isResult ? answer.rows : answer
  if (!Array.isArray(rows)) {
    const message = `must have a query() that resolves to rows or { rows }, got ${shown(answer)}`
    throw new ConfigError([{ path: 'client', message }])
  }

  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own statement's row
  return rows[0] as object | undefined
}

async function send(
  client: QueryClient,
  text: string,
  values: (string | null)[],
): Promise<unknown> {
  try {
    return await client.query(text, values)
  } catch (error) {
    throw withoutValues(error)
  }
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
