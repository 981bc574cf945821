/** Enqueues without end, and remembers what the database said it had stored. */
import { setTimeout as pause } from 'node:timers/promises'
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
  return (
    error instanceof Error &&
    /ECONNREFUSED|ECONNRESET|EPIPE|terminat|not accepting|starting up|shutting down/i.test(
      error.message,
    )
  )
}
