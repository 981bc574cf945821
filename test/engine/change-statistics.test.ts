import { beforeEach, expect, test } from 'vitest'
import { cancelJobs, deleteJobs, retryJobs } from '../../src/engine/search.ts'
import type { CheckedFilter } from '../../src/job/filter.ts'
import type { QueryClient } from '../../src/job/query-client.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { mostRowsOfText } from '../support/scans.ts'

const JOBS = 2_500

const database = useDatabase()

/** Many jobs, of which the planner believes that there are none. */
beforeEach(async () => {
  const insert = `INSERT INTO oban_jobs (queue, worker, state, cancelled_at)
    SELECT 'files', 'Digest', state::oban_job_state, timezone('UTC', now())
      FROM generate_series(1, ${JOBS / 2}), unnest(ARRAY['cancelled', 'scheduled']) AS state`
  await database.query('TRUNCATE oban_jobs')
  await database.query('ALTER TABLE oban_jobs SET (autovacuum_enabled = false)')
  await database.query(insert)
  await database.query('DELETE FROM oban_jobs')
  await database.query('ANALYZE oban_jobs')
  await database.query(insert)
})

/** A client that notes the most rows that a part of a statement reads, before it runs the statement. */
async function reader(): Promise<{ client: QueryClient; most: () => number }> {
  const client = await connectTo(database.url)
  let most = 0
  const query = async (text: string, values: unknown[]) => {
    most = Math.max(most, await mostRowsOfText(client, text, values))

    return client.query(text, values)
  }

  return { client: { query }, most: () => most }
}

test.each([
  ['retried', retryJobs, JOBS],
  ['cancelled', cancelJobs, JOBS / 2],
  ['deleted', deleteJobs, JOBS],
] as const)(
  'many jobs are %s without being compared with each other, whatever the statistics say',
  async (_, change, count) => {
    const [statistics] = await database.query(
      `SELECT relpages > 0 AS pages, reltuples FROM pg_class WHERE oid = 'oban_jobs'::regclass`,
    )
    expect(statistics).toEqual({ pages: true, reltuples: 0 })
    const { client, most } = await reader()
    const filter: CheckedFilter = { workers: ['Digest'] }

    expect(await change(client, 'public', filter, null)).toMatchObject({ count })
    expect(most()).toBeLessThan(JOBS * 3)
  },
)
