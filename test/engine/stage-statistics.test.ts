import { Client } from 'pg'
import { expect, test } from 'vitest'
import { stageJobs } from '../../src/engine/jobs.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()

async function insert(count: number, state: 'available' | 'completed'): Promise<void> {
  await database.query(
    `INSERT INTO oban_jobs (queue, worker, state)
     SELECT 'files', 'Digest', '${state}' FROM generate_series(1, ${count})`,
  )
}

test('looks in no time at a queue that has grown since its statistics were made', async () => {
  await database.query('ALTER TABLE oban_jobs SET (autovacuum_enabled = false)')
  await insert(20_000, 'completed')
  // From here on the planner believes that nothing is available.
  await database.query('VACUUM ANALYZE oban_jobs')
  await insert(6_000, 'available')

  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    // Looking at the heads once for each available job took a minute.
    await client.query("SET statement_timeout = '3s'")
    const db = { client, prefix: 'public', named: false }
    const rows = await stageJobs(db, ['default', 'files', 'mail'], 5_000, null, '{"error":"x"}')

    expect(rows).toEqual([{ queue: 'files', staged: '0' }])
  } finally {
    await client.end()
  }
})
