import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { openConnections } from '../../src/engine/connections.ts'
import { fetchJobs } from '../../src/engine/jobs.ts'
import { registerProducer } from '../../src/engine/producers.ts'
import { useDatabase } from '../support/database.ts'
import { scansOf } from '../support/scans.ts'

const database = useDatabase()

const fill = `INSERT INTO oban_jobs (worker) SELECT 'Greet' FROM generate_series(1, 20000)`

/** What the table is like when a claim is planned, which happens once. */
test.each([
  ['was never looked at', []],
  ['was empty when it was last vacuumed', ['VACUUM ANALYZE oban_jobs']],
  [
    'has pages and no rows',
    [
      fill,
      'DELETE FROM oban_jobs WHERE id % 20000 <> 0',
      'VACUUM oban_jobs',
      'DELETE FROM oban_jobs',
      'ANALYZE oban_jobs',
    ],
  ],
  ['is full', [fill, 'ANALYZE oban_jobs']],
])('claims by the main index and the place of a row in a table that %s', async (_, before) => {
  await database.query('ALTER TABLE oban_jobs SET (autovacuum_enabled = false)')
  for (const statement of before) await database.query(statement)
  const connections = openConnections({
    connect: { connectionString: database.url },
    prefix: 'public',
  })
  onTestFinished(() => connections.close())
  const uuid = randomUUID()
  await registerProducer(connections.fetch, uuid, 'Oban', 'node', 'default', '{}')
  await fetchJobs(connections.fetch, 'default', 10, uuid, 'node', [])

  const params = `'default', 100, '${uuid}', 'node', '{}'`
  expect(await scansOf(connections.fetch, 'Claim the next', params)).toEqual([
    'oban_ts_producers_pkey',
    'oban_jobs_state_queue_priority_scheduled_at_id_index',
    'Tid Scan on oban_jobs',
  ])
})
