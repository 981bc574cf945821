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

export interface FeederOptions {
  readonly everyMs: number
  /** Told at once what ended it before its time. */
  readonly onBroken: (error: Error) => void
}

export function feed(
  enqueue: () => Promise<readonly Job[]>,
  { everyMs, onBroken }: FeederOptions,
): Feeder {
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
  let broken: Error | undefined
  const running = run().catch((error: unknown) => {
    broken = new Error(`a feeder broke off: ${String(error)}`, { cause: error })
    onBroken(broken)
  })

  return {
    confirmed,
    stop: async () => {
      stopped.abort()
      await running
      if (broken) throw broken
    },
  }
}

type Query = <Row extends object>(text: string) => Promise<Row[]>

/** So many jobs of a queue may wait: a minute of what is fed, and more than its nodes make up for soon. */
const MOST_WAITING = 1_000

/** What does not go to a queue that is full: without nodes to run them jobs would pile up for ever. */
export async function roomFor(
  requests: readonly NewJobRequest[],
  query: Query,
  most = MOST_WAITING,
): Promise<NewJobRequest[]> {
  const rows = await query<{ queue: string }>(
    `SELECT queue FROM oban_jobs WHERE state IN ('available', 'executing', 'retryable', 'scheduled')
      GROUP BY queue HAVING count(*) >= ${most}`,
  )
  const full = new Set(rows.map(({ queue }) => queue))

  return requests.filter(({ options }) => !full.has(options.queue ?? 'default'))
}

/** What no history may ever show: a job of a transaction that was rolled back. */
export const ROLLED_BACK = 'rolledBack'

/** The same jobs, to be known should they be stored. */
export function doomed(requests: readonly NewJobRequest[]): NewJobRequest[] {
  return requests.map((request) => ({
    ...request,
    options: { ...request.options, meta: { [ROLLED_BACK]: true } },
  }))
}

function ignore(): void {}

/** Enqueues in transactions of the caller's; commits one, rolls the next back, and so on. */
export function transactions(
  pool: Pool,
  oban: Oban,
  next: () => Promise<NewJobRequest[]>,
): () => Promise<readonly Job[]> {
  let isDoomed = false

  return async () => {
    isDoomed = !isDoomed
    const requests = await next()
    const client = await pool.connect()
    // Between two statements nobody else would take it: the next one rejects.
    client.on('error', ignore)
    try {
      await client.query('BEGIN')
      const jobs = await oban.enqueueMany(isDoomed ? doomed(requests) : requests, { client })
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
