import { beforeEach, describe, expect, test } from 'vitest'
import { defineWorker } from '../../src/worker.ts'
import { useDatabase } from '../support/database.ts'
import { startOban } from '../support/oban.ts'
import { untilRows } from '../support/until-rows.ts'

const JOBS = 10_000

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

/** How late the jobs were claimed, in seconds. */
const LATENCY = `
  SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY late)::float AS half,
         max(late)::float AS last
    FROM (SELECT extract(epoch FROM attempted_at - scheduled_at) AS late FROM oban_jobs) AS jobs`

describe('ten thousand jobs for the same second', { timeout: 120_000 }, () => {
  test('all run, each once, on two nodes', async ({ annotate }) => {
    const runs = new Map<number, number>()
    const Due = defineWorker({
      name: 'SameSecond.Due',
      process: ({ id }) => {
        runs.set(id, (runs.get(id) ?? 0) + 1)
      },
    })
    const nodes = await Promise.all(
      ['one', 'two'].map((node) =>
        startOban({
          database: database.url,
          node,
          workers: [Due],
          queues: { default: { limit: 100, execution: 'inline' } },
        }),
      ),
    )
    await database.query(
      `INSERT INTO oban_jobs (worker, state, scheduled_at)
       SELECT 'SameSecond.Due', 'scheduled', date_trunc('second', timezone('UTC', now())) + interval '3 s'
         FROM generate_series(1, ${JOBS})`,
    )
    await untilRows(
      database,
      `SELECT FROM oban_jobs WHERE state <> 'completed' LIMIT 1`,
      (rows) => rows.length === 0,
    )

    expect(runs.size).toBe(JOBS)
    expect(Math.max(...runs.values())).toBe(1)
    expect(
      await database.query(
        'SELECT DISTINCT state::text, attempt, cardinality(errors) AS errors FROM oban_jobs',
      ),
    ).toEqual([{ state: 'completed', attempt: 1, errors: 0 }])
    const staged = nodes.flatMap(({ told }) => told.all('stager.stage'))
    expect(staged.reduce((sum, { stagedCount }) => sum + stagedCount, 0)).toBe(JOBS)
    const [late] = await database.query<{ half: number; last: number }>(LATENCY)
    await annotate(`claimed after ${late?.half} s (half of them) and ${late?.last} s (the last)`)
    // About 2 and 3 seconds on a quiet machine: the stager looks once a second, for 5,000 at a time.
    expect(late?.last).toBeLessThan(40)
  })
})
