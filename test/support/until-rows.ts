/** Waiting for what only the database knows: it is asked again until it answers as wanted. */
import type { QueryResultRow } from 'pg'
import type { TestDatabase } from './database.ts'

/** Resolves with the rows once they pass. */
export async function untilRows<Row extends QueryResultRow>(
  { query }: Pick<TestDatabase, 'query'>,
  text: string,
  test: (rows: Row[]) => boolean,
): Promise<Row[]> {
  for (;;) {
    const rows = await query<Row>(text)
    if (test(rows)) return rows
    await query('SELECT pg_sleep(0.01)')
  }
}

/** Resolves when sessions of that name are `working` on such a statement, or none is any more. */
export async function untilServer(
  database: Pick<TestDatabase, 'query'>,
  isWorking: 'idle' | 'working',
  name: string,
  like = '%',
): Promise<void> {
  const text = `SELECT query FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active'
      AND application_name = '${name}' AND query LIKE '${like}'`
  await untilRows(database, text, (rows) => rows.length > 0 === (isWorking === 'working'))
}
