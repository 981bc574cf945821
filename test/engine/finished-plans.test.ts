import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Connection } from '../../src/engine/connection.ts'
import {
  lookQueues,
  pruneCancelled,
  pruneCompleted,
  pruneDiscarded,
} from '../../src/engine/jobs.ts'
import type { Db } from '../../src/engine/query.ts'
import { useDatabase } from '../support/database.ts'

const ROWS = 100_000
const MAIN = 'oban_jobs_state_queue_priority_scheduled_at_id_index'

const database = useDatabase()
let connection: Connection
let db: Db

/** Many finished jobs, of the last three hours, in four queues with two priorities. */
beforeAll(async () => {
  connection = new Connection({
    role: 'plans',
    connect: { connectionString: database.url },
    timeoutMs: 30_000,
  })
  db = { client: connection, prefix: 'public', named: true }
  await database.query(
    `INSERT INTO oban_jobs (worker, state, queue, priority, scheduled_at, completed_at)
     SELECT 'Greet', 'completed', 'q' || n % 4, n % 2, moment, moment
       FROM generate_series(1, $1) AS n,
            LATERAL (SELECT timezone('UTC', now()) - n * interval '0.1 s' AS moment) AS m`,
    [ROWS],
  )
  await database.query(
    `INSERT INTO oban_jobs (worker, queue, state)
     SELECT 'Greet', 'q0', 'available' FROM generate_series(1, 12000)`,
  )
  await database.query('VACUUM ANALYZE oban_jobs')
})
afterAll(() => connection.close())

/** The scans of the statement as it would run now, by a part of its text. */
async function scansOf(part: string, params: string): Promise<string[]> {
  const { rows } = await connection.query({
    text: `SELECT name FROM pg_prepared_statements WHERE statement LIKE $1`,
    values: [`-- ${part}%`],
  })
  const plan = await connection.query({ text: `EXPLAIN EXECUTE ${rows[0].name} (${params})` })
  const lines: string[] = plan.rows.map((row) => row['QUERY PLAN'])
  const scans = lines.flatMap(
    (line) =>
      /Seq Scan on oban_jobs|(?<=Index .*Scan (?:using|on) )oban_jobs\S+/.exec(line)?.[0] ?? [],
  )

  return [...new Set(scans)].toSorted()
}

describe('statements on a table with many finished jobs', () => {
  test('prune by an index, and delete by the primary key', async () => {
    for (const prune of [pruneCompleted, pruneCancelled, pruneDiscarded]) {
      await prune(db, 86_400, 10_000, null)
    }

    expect(await scansOf('Delete jobs that completed', '5000, 10000, NULL')).toEqual([
      'oban_jobs_pkey',
      MAIN,
    ])
    expect(await scansOf('Delete jobs that were cancelled', '5000, 10000, NULL')).toEqual([
      'oban_jobs_pkey',
      'oban_jobs_state_cancelled_at_index',
    ])
    expect(await scansOf('Delete jobs that were discarded', '5000, 10000, NULL')).toEqual([
      'oban_jobs_pkey',
      'oban_jobs_state_discarded_at_index',
    ])
  })

  test('count and find the oldest by the main index', async () => {
    const [row] = await lookQueues(db, 'Oban', ['q0', 'none'], 10_000)

    expect(JSON.parse(row?.queues ?? '')).toEqual([
      {
        queue: 'q0',
        available: 10_000,
        executing: 0,
        oldestAvailableSeconds: expect.any(Number),
      },
      { queue: 'none', available: 0, executing: 0, oldestAvailableSeconds: null },
    ])
    expect(await scansOf('What the database has', `'Oban', '{q0,none}', 10000`)).toEqual([MAIN])
  })

  test('find nothing to prune at once, and then everything in pages', async () => {
    const startedAt = performance.now()
    expect(await pruneCompleted(db, 86_400, 10_000, null)).toEqual([{ count: '0' }])
    const idleMs = performance.now() - startedAt
    let pages = 0
    while ((await pruneCompleted(db, 1, 10_000, null))[0]?.count === '10000') pages += 1

    expect(pages).toBe(10)
    // About 2 ms and half a second on a quiet machine.
    expect(idleMs).toBeLessThan(500)
    expect(performance.now() - startedAt).toBeLessThan(15_000)
  })
})
