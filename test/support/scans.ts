/** How PostgreSQL would run a statement of ours now. */
import type { Client } from 'pg'
import type { Db } from '../../src/engine/query.ts'
import { FRONT } from '../../src/protocol/claim-cursor.ts'

async function explained({ client }: Db, options: string, beginning: string, params: string) {
  const { rows } = await client.query({
    text: 'SELECT name FROM pg_prepared_statements WHERE starts_with(statement, $1)',
    values: [`-- ${beginning}`],
  })

  return client.query({ text: `EXPLAIN (${options}) EXECUTE ${rows[0].name} (${params})` })
}

/**
 * The scans of a prepared statement, by the beginning of its text: indexes, and tables that it reads whole
 * or by the place of a row.
 */
export async function scansOf(db: Db, beginning: string, params: string): Promise<string[]> {
  const plan = await explained(db, 'COSTS OFF', beginning, params)
  const lines: string[] = plan.rows.map((row) => row['QUERY PLAN'])

  return lines.flatMap(
    (line) => /((?:Seq|Tid) Scan on \S+)|(?<=Index .*Scan (?:using|on) )\S+/.exec(line)?.[0] ?? [],
  )
}

/** The parameters by which a claim begins at the front of its queue. */
export const AT_FRONT = `${FRONT.priority}, '${FRONT.scheduled_at}', ${FRONT.id}`

interface PlanNode {
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

function rowsOf(node: PlanNode): number {
  const read = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']

  // Counted as an average over the loops, with two decimals.
  return Math.max(Math.round(read), ...(node.Plans ?? []).map(rowsOf))
}

/** Run a prepared statement; resolves to the most rows that one part of it has read. */
export async function mostRowsOf(db: Db, beginning: string, params: string): Promise<number> {
  const plan = await explained(db, 'ANALYZE, FORMAT JSON', beginning, params)
  const [{ Plan: top }] = plan.rows[0]['QUERY PLAN']

  return rowsOf(top)
}

/** The same of a statement that was not prepared; what it does is taken back. */
export async function mostRowsOfText(
  client: Client,
  text: string,
  values: readonly unknown[],
): Promise<number> {
  await client.query('BEGIN')
  const plan = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, [...values])
  await client.query('ROLLBACK')
  const [{ Plan: top }] = plan.rows[0]['QUERY PLAN']

  return rowsOf(top)
}
