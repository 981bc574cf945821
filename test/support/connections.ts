/** What instances have left open. */
import type { TestDatabase } from './database.ts'

/** Connections of instances to a test's database, once the server has noticed which have ended. */
export async function openConnections({ query }: Pick<TestDatabase, 'query'>): Promise<string[]> {
  const ours = `datname = current_database() AND application_name LIKE 'oban-ts:%'`
  await query(`
    DO $$ BEGIN
      FOR round IN 1..200 LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE ${ours});
        PERFORM pg_sleep(0.01);
      END LOOP;
    END $$`)
  const found = await query<{ application_name: string }>(
    `SELECT application_name FROM pg_stat_activity WHERE ${ours}`,
  )

  return found.map(({ application_name: name }) => name)
}
