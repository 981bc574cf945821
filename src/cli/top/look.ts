/** What `oban top` looks at, beside what `oban queues` does. */
import { latestFailures, longestRunning } from '../../engine/fleet.ts'
import type { Look, Lookout } from '../fleet/lookout.ts'

export interface RunningJob {
  readonly id: number
  readonly queue: string
  readonly worker: string
  readonly node: string
  readonly attempt: number
  /** Since the attempt began. */
  readonly seconds: number
}

export interface FailedJob {
  readonly id: number
  readonly queue: string
  readonly worker: string
  readonly state: 'discarded' | 'retryable'
  readonly attempt: number
  readonly maxAttempts: number
  /** The message in the first line, the stack below. */
  readonly error: string
  /** Since it failed. */
  readonly seconds: number
}

export interface TopLook extends Look {
  readonly running: readonly RunningJob[]
  readonly failures: readonly FailedJob[]
}

/** Rows of each list: enough that a queue which is chosen finds its own among them. */
const ROWS = 50

/** Executing jobs, and retryable ones of a queue, that are looked at. */
const MOST_RUNNING = 5_000
const MOST_RETRYABLE = 100

export async function lookClosely(lookout: Lookout, signal: AbortSignal): Promise<TopLook> {
  const look = await lookout.look(signal)
  const askedAtMs = performance.now()
  const [running, failures] = await lookout.ask(async (db) => [
    await longestRunning(db, ROWS, MOST_RUNNING),
    await latestFailures(db, ROWS, MOST_RETRYABLE),
  ])

  return {
    ...look,
    databaseMs: look.databaseMs + performance.now() - askedAtMs,
    running: running.map(({ id, attempt, node, seconds, ...rest }) => ({
      ...rest,
      id: Number(id),
      attempt: Number(attempt),
      node: node ?? '',
      seconds: Number(seconds),
    })),
    failures: failures.map(({ id, attempt, max_attempts: most, error, seconds, ...rest }) => ({
      ...rest,
      id: Number(id),
      attempt: Number(attempt),
      maxAttempts: Number(most),
      error: error ?? '',
      seconds: Number(seconds),
    })),
  }
}
