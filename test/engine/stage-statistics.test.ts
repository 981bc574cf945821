import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { openConnections } from '../../src/engine/connections.ts'
import { fetchJobs, stageJobs } from '../../src/engine/jobs.ts'
import { registerProducer, rescueJobs } from '../../src/engine/producers.ts'
import { FRONT } from '../../src/protocol/claim-cursor.ts'
import { useDatabase } from '../support/database.ts'
import { AT_FRONT, mostRowsOf } from '../support/scans.ts'

const database = useDatabase()
beforeAll(() => database.query('ALTER TABLE oban_jobs SET (autovacuum_enabled = false)'))

async function insert(count: number, state: 'available' | 'completed'): Promise<void> {
  await database.query(
    `INSERT INTO oban_jobs (queue, worker, state)
     SELECT 'files', 'Digest', '${state}' FROM generate_series(1, ${count})`,
  )
}

/** The connections of a node whose statements have run, and the uuid of its producer. */
async function startNode() {
  const connections = openConnections({
    connect: { connectionString: database.url },
    prefix: 'public',
  })
  onTestFinished(() => connections.close())
  const uuid = randomUUID()
  await registerProducer(connections.fetch, uuid, 'Oban', 'node', 'files', '{}')
  await stageJobs(connections.stage, ['none'], 10, null, '{}')
  await fetchJobs(connections.fetch, FRONT, 'none', 10, uuid, 'node', [])

  return { ...connections, uuid }
}

test('looks in no time at a queue that has grown since its statistics were made', async () => {
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

test.each([
  ['of which nothing was available', ['VACUUM ANALYZE oban_jobs']],
  [
    'that was vacuumed and never analysed',
    [`DELETE FROM pg_statistic WHERE starelid = 'oban_jobs'::regclass`, 'VACUUM oban_jobs'],
  ],
])('reads a page of each queue, however much is available, in a table %s', async (_, before) => {
  await database.query('TRUNCATE oban_jobs')
  await insert(100_000, 'completed')
  for (const statement of before) await database.query(statement)
  await insert(20_000, 'available')

  const { fetch, stage, uuid } = await startNode()
  const look = () => mostRowsOf(stage, 'One look at', `'{default,files,mail}', 5000, NULL, '{}'`)
  const claim = () =>
    mostRowsOf(fetch, 'Claim the next', `'files', 10, '${uuid}', 'node', '{}', ${AT_FRONT}`)

  expect([await look(), await claim()]).toEqual([100, 10])
  await database.query('ANALYZE oban_jobs')
  expect([await look(), await claim()]).toEqual([100, 10])
})

test('stages, claims and rescues each row once where the table has pages and no rows in its statistics', async () => {
  const due = `INSERT INTO oban_jobs (queue, worker, state, scheduled_at)
    SELECT 'files', 'Digest', 'scheduled', timezone('UTC', now()) - interval '1 minute'
      FROM generate_series(1, 6000)`
  await database.query('TRUNCATE oban_jobs')
  await database.query(due)
  await database.query('DELETE FROM oban_jobs')
  await database.query('ANALYZE oban_jobs')
  await database.query(due)
  const { fetch, rescue, stage, uuid } = await startNode()
  const look = () => mostRowsOf(stage, 'One look at', `'{files}', 5000, NULL, '{}'`)
  const claim = () =>
    mostRowsOf(fetch, 'Claim the next', `'files', 4000, '${uuid}', 'node', '{}', ${AT_FRONT}`)

  expect([await look(), await claim()]).toEqual([5_000, 4_000])
  // Compared with each other they would take longer than this connection waits.
  expect(await rescueJobs(rescue, uuid, '0', '{"error":"x"}', '', 4_000)).toHaveLength(4_000)
})
