/** Enqueues without end, and remembers what the database said it had stored. */
import { setTimeout as pause } from 'node:timers/promises'
import { DatabaseError } from 'pg'
import type { NewJobRequest, Oban } from '../../src/index.ts'

export interface Feeder {
  /** Ids of the jobs whose insertion was confirmed. */
  readonly confirmed: readonly number[]
  readonly stop: () => Promise<void>
}

export function feed(oban: Oban, everyMs: number, next: () => NewJobRequest[]): Feeder {
  const confirmed: number[] = []
  const stopped = new AbortController()
  const run = async () => {
    while (!stopped.signal.aborted) {
      try {
        const jobs = await oban.enqueueMany(next())
        confirmed.push(...jobs.map(({ id }) => id))
      } catch (error) {
        // The database is away: what callers of a job system see, too. Anything else is a defect.
        if (!isLoss(error)) throw error
      }
      await pause(everyMs)
    }
  }
  const running = run()

  return {
    confirmed,
    stop: async () => {
      stopped.abort()
      await running
    },
  }
}

function isLoss(error: unknown): boolean {
  // 57P: the server stops, has crashed, or is starting.
  if (error instanceof DatabaseError) return error.code?.startsWith('57P') === true

  return error instanceof Error && /ECONNREFUSED|ECONNRESET|EPIPE|terminated/.test(error.message)
}
