/** Statements that change many rows, all at once on the same ones: no deadlock may reach a caller. */
import { describe, expect, test } from 'vitest'
import {
  completeJobs,
  fetchJobs,
  pruneCancelled,
  pruneCompleted,
  pruneDiscarded,
  settleJobs,
  stageJobs,
} from '../../src/engine/jobs.ts'
import { rescueJobs } from '../../src/engine/producers.ts'
import { cancelJobs, deleteJobs, retryJobs } from '../../src/engine/search.ts'
import { insistent } from '../../src/engine/sacrifice.ts'
import { FRONT } from '../../src/protocol/claim-cursor.ts'
import { sqlStateOf } from '../../src/sql-state.ts'
import { schemas, useBench, type Bench } from './statements.ts'

const JOBS = 400
const ROUNDS = 15

type Act = (db: Bench['db']) => Promise<unknown>

/** The acker sends again what was refused, in smaller parts. */
async function giveWay(acknowledgement: Promise<unknown>): Promise<void> {
  try {
    await acknowledgement
  } catch (error) {
    expect(sqlStateOf(error)).toBe('40P01')
  }
}

describe.each(schemas)('maintainers of every kind in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test('end their work on the same rows, twice each, whoever PostgreSQL sacrifices', async () => {
    const { db, producer, queue, session, sql } = await start()
    const [alive, dead] = [await producer(), await producer()]
    const rows = await sql(
      `INSERT INTO /*prefix*/oban_jobs
         (worker, queue, state, attempt, attempted_at, attempted_by, scheduled_at, completed_at,
          cancelled_at, discarded_at)
       SELECT 'Held', $1::text,
              (ARRAY['available', 'scheduled', 'retryable', 'executing', 'completed', 'cancelled',
                     'discarded'])[1 + n % 7]::/*prefix*/oban_job_state,
              1, '2030-01-01', ARRAY['node', $2::text], '2020-01-01', '2020-01-01', '2020-01-01',
              '2020-01-01'
         FROM generate_series(1, $3::integer) AS n
       RETURNING id::text`,
      [queue, dead, JOBS],
    )
    const ids = rows.map(({ id }) => Number(id))
    // The other way round, and from the middle on.
    const turned = [...ids].toReversed()
    const some = [...turned.slice(JOBS / 2), ...turned.slice(0, JOBS / 2)]
    // In the order of the ids, as they are delivered.
    const acks = JSON.stringify(
      ids.map((id) => ({
        id: String(id),
        attempt: 2,
        uuid: alive,
        attempted_at: '2030-01-01',
        state: 'retryable',
        restore: false,
        delay: 0,
        error: { attempt: 2 },
      })),
    )
    const acts: Readonly<Record<string, Act>> = {
      stage: (on) => stageJobs(on, [queue], 50, null, '{"error": "x"}'),
      fetch: (on) => fetchJobs(on, FRONT, queue, 20, alive, 'node', []),
      complete: (on) => giveWay(completeJobs(on, turned.map(String), 2, alive)),
      settle: (on) => giveWay(settleJobs(on, acks)),
      rescue: (on) => rescueJobs(on, dead, '0', '{"error": "x"}', '', 30),
      pruneCompleted: (on) => pruneCompleted(on, 86_400, 5, null),
      pruneCancelled: (on) => pruneCancelled(on, 86_400, 5, null),
      pruneDiscarded: (on) => pruneDiscarded(on, 86_400, 5, null),
      cancel: ({ client }) => cancelJobs(insistent(client), prefix, { ids: some }, 'test.signal'),
      retry: ({ client }) => retryJobs(insistent(client), prefix, { ids: turned }, null),
      delete: ({ client }) => deleteJobs(insistent(client), prefix, { ids: ids.slice(0, 3) }),
    }
    const work = async (act: Act) => {
      const own = await session()
      for (let round = 0; round < ROUNDS; round += 1) await act(own)
    }
    await Promise.all(Object.values(acts).flatMap((act) => [work(act), work(act)]))

    // Whatever they have left is in a state that there is, and still belongs to somebody.
    await rescueJobs(db, dead, '0', '{"error": "x"}', '', JOBS)
    const left = await sql(
      `SELECT count(*)::integer FROM /*prefix*/oban_jobs
        WHERE state = 'executing' AND attempted_by[2] = $1`,
      [dead],
    )
    expect(left).toEqual([{ count: 0 }])
  })
})
