/** Enqueues without end, and remembers what the database said it had stored. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { Job, NewJobRequest, Oban } from '../../src/index.ts'
import { isLoss } from './loss.ts'

export interface Feeder {
  /** Ids of the jobs whose insertion was confirmed. */
  readonly confirmed: readonly number[]
  /** @throws what ended it before its time */
  readonly stop: () => Promise<void>
}

export function feed(enqueue: () => Promise<readonly Job[]>, everyMs: number): Feeder {
  const confirmed: number[] = []
  const stopped = new AbortController()
  const run = async () => {
    while (!stopped.signal.aborted) {
      try {
        const jobs = await enqueue()
        confirmed.push(...jobs.map(({ id }) => id))
      } catch (error) {
        // The database is away: what callers of a job system see, too. Anything else is a defect.
        if (!isLoss(error)) throw error
      }
      await pause(everyMs)
    }
  }
  const running = Promise.allSettled([run()])

  return {
    confirmed,
    stop: async () => {
      stopped.abort()
      const [result] = await running
      if (result.status === 'rejected') throw result.reason
    },
  }
}

/** What no history may ever show: a job of a transaction that was rolled back. */
export const ROLLED_BACK = 'rolledBack'

function ignore(): void {}

/** Enqueues in transactions of the caller's; commits one, rolls the next back, and so on. */
export function transactions(
  pool: Pool,
  oban: Oban,
  next: () => NewJobRequest[],
): () => Promise<readonly Job[]> {
  let isDoomed = false

  return async () => {
    isDoomed = !isDoomed
    const meta = isDoomed ? { [ROLLED_BACK]: true } : {}
    const requests = next().map((request) => ({ ...request, meta }))
    const client = await pool.connect()
    // Between two statements nobody else would take it: the next one rejects.
    client.on('error', ignore)
    try {
      await client.query('BEGIN')
      const jobs = await oban.enqueueMany(requests, { client })
      await client.query(isDoomed ? 'ROLLBACK' : 'COMMIT')
      client.off('error', ignore)
      client.release()

      return isDoomed ? [] : jobs
    } catch (error) {
      // What state the connection is in, nobody knows.
      client.release(true)
      throw error
    }
  }
}
