import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { openConnections } from '../../src/engine/connections.ts'
import { fetchJobs } from '../../src/engine/jobs.ts'
import { registerProducer } from '../../src/engine/producers.ts'
import { FRONT } from '../../src/protocol/claim-cursor.ts'
import { useDatabase } from '../support/database.ts'
import { AT_FRONT, mostRowsOf, scansOf } from '../support/scans.ts'

const database = useDatabase()

const fill = `INSERT INTO oban_jobs (worker) SELECT 'Greet' FROM generate_series(1, 20000)`

/** A connection on which a claim was planned, and the producer that claims. */
async function startClaiming() {
  const { close, fetch } = openConnections({
    connect: { connectionString: database.url },
    prefix: 'public',
  })
  onTestFinished(close)
  const uuid = randomUUID()
  await registerProducer(fetch, uuid, 'Oban', 'node', 'default', '{}')
  await fetchJobs(fetch, FRONT, 'default', 10, uuid, 'node', [])

  return { fetch, uuid }
}

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
  const { fetch, uuid } = await startClaiming()

  const params = `'default', 100, '${uuid}', 'node', '{}', ${AT_FRONT}`
  expect(await scansOf(fetch, 'Claim the next', params)).toEqual([
    'oban_ts_producers_pkey',
    'oban_jobs_state_queue_priority_scheduled_at_id_index',
    'Tid Scan on oban_jobs',
  ])
})

test('reads nothing of what stands before the place where it begins', async () => {
  await database.query('TRUNCATE oban_jobs')
  await database.query(fill)
  const { fetch, uuid } = await startClaiming()
  const [place] = await database.query(
    `SELECT concat_ws(', ', priority, quote_literal(scheduled_at), id) AS params
       FROM oban_jobs ORDER BY id OFFSET 10000 LIMIT 1`,
  )

  const params = `'default', 10, '${uuid}', 'node', '{}', ${place?.['params']}`
  expect(await mostRowsOf(fetch, 'Claim the next', params)).toBe(10)
})
