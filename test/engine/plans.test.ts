import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openConnections, type Connections } from '../../src/engine/connections.ts'
import {
  completeJobs,
  executingJobs,
  fetchJobs,
  settleJobs,
  stageJobs,
} from '../../src/engine/jobs.ts'
import { registerProducer } from '../../src/engine/producers.ts'
import { FRONT } from '../../src/protocol/claim-cursor.ts'
import type { ClaimedRow } from '../../src/protocol/claimed-row.ts'
import { useDatabase } from '../support/database.ts'
import { AT_FRONT, scansOf } from '../support/scans.ts'

const ROWS = 100_000
const MAIN = 'oban_jobs_state_queue_priority_scheduled_at_id_index'

const database = useDatabase()
const uuid = randomUUID()
let connections: Connections

const fetch = (count: number) =>
  fetchJobs(connections.fetch, FRONT, 'default', count, uuid, 'node', ['Other'])
const complete = (ids: string[]) => completeJobs(connections.ack, ids, 1, uuid)
const settle = (rows: readonly ClaimedRow[]) => {
  const acks = rows.map(({ id, attempted_at }) => ({ id, attempt: 1, uuid, attempted_at }))
  const failed = { state: 'retryable', restore: false, delay: 600, error: { attempt: 1 } }

  return settleJobs(connections.ack, JSON.stringify(acks.map((ack) => ({ ...ack, ...failed }))))
}
const stage = () => stageJobs(connections.stage, ['default'], 5_000, null, '{}')
const executing = () => executingJobs(connections.beat, ['default'], [uuid])

/** A table that was vacuumed while it was empty, statements that ran on it, and then many jobs. */
beforeAll(async () => {
  connections = openConnections({ connect: { connectionString: database.url }, prefix: 'public' })
  await database.query('ALTER TABLE oban_jobs SET (autovacuum_enabled = false)')
  await database.query('VACUUM ANALYZE oban_jobs')
  await registerProducer(connections.fetch, uuid, 'Oban', 'node', 'default', '{}')
  // After five runs PostgreSQL may keep a plan for good.
  for (let round = 0; round < 8; round += 1) {
    await fetch(10)
    await complete(['1'])
    await settle([])
    await stage()
    await executing()
  }
  await database.query(
    `INSERT INTO oban_jobs (worker, state)
     SELECT 'Greet', (ARRAY['available', 'completed', 'scheduled'])[1 + n % 3]::oban_job_state
       FROM generate_series(1, $1) AS n`,
    [ROWS],
  )
  await database.query(
    `UPDATE oban_jobs SET scheduled_at = scheduled_at + interval '1 day' WHERE state = 'scheduled'`,
  )
})
afterAll(() => connections.close())

describe('statements on a table that has grown since it was last looked at', () => {
  test('claim by the main index', async () => {
    const params = `'default', 100, '${uuid}', 'node', '{}', ${AT_FRONT}`
    const scans = await scansOf(connections.fetch, 'Claim the next', params)

    expect(scans).toEqual(['oban_ts_producers_pkey', MAIN, 'Tid Scan on oban_jobs'])
  })

  test('acknowledge by the primary key', async () => {
    const completion = await scansOf(connections.ack, 'Acknowledge completed', `'{1,2}', 1, 'x'`)
    const wide = await scansOf(connections.ack, 'Acknowledge jobs', `'[]'`)

    expect([completion, wide]).toEqual([['oban_jobs_pkey'], ['oban_jobs_pkey']])
  })

  test('look for what is executing by the main index', async () => {
    const scans = await scansOf(connections.beat, 'What the database', `'{default}', '{${uuid}}'`)

    expect(scans).toEqual([MAIN])
  })

  test('work through it in time', async () => {
    const startedAt = performance.now()
    for (let round = 0; round < 10; round += 1) {
      const rows = await fetch(100)
      expect(rows).toHaveLength(100)
      if (round % 2 === 0) expect(await complete(rows.map(({ id }) => id))).toHaveLength(100)
      else expect(await settle(rows)).toHaveLength(100)
      await stage()
      expect(await executing()).toEqual([])
    }

    // About 0.2 s on a quiet machine. With a plan that scans, one claim takes longer than all of it.
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })
})
