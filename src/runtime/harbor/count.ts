/**
 * Counts the jobs of all nodes by state and queue, over and over, on a connection of its own. A state
 * with many jobs is estimated by the statistics that PostgreSQL keeps of it.
 */
import type { ClientConfig } from 'pg'
import type { Clock } from '../../clock.ts'
import { countStates, estimateJobs, queuesOfState } from '../../engine/counts.ts'
import type { Db } from '../../engine/query.ts'
import type { Metric } from '../../metrics/tally.ts'
import { sendErrand } from './errands.ts'
import type { Runtime } from '../runtime.ts'

export interface CountOptions {
  readonly connect: ClientConfig
  /** Jobs in a state up to which they are counted one by one. */
  readonly estimateAbove: number
  /** Ends the counting. */
  readonly signal: AbortSignal
  readonly onCounted: (counts: readonly Metric[]) => void
}

/** The longest wait for an answer; the server gives up before, and says that it did. */
const ANSWER_MS = 10_000
const SETTINGS = { statement_timeout: '5s', lock_timeout: '1s' }

/** The least pause between two counts; and how many times as long as the count a pause is. */
const PAUSE_MS = 1_000
const PAUSES_PER_COUNT = 20

/** Counts until a state that had many jobs is counted one by one again. */
const ESTIMATES = 60

/** Queues of a state that are estimated. */
const MOST_QUEUES = 200

/** @throws {Error} when a count fails; when the signal aborted, its reason */
export function keepCounting(runtime: Runtime, options: CountOptions): Promise<never> {
  const { clock } = runtime
  const { connect, estimateAbove, signal, onCounted } = options
  /** How many estimates of a state are left. */
  const large = new Map<string, number>()
  const session = { role: 'count', connect, timeoutMs: ANSWER_MS, settings: SETTINGS, signal }

  return sendErrand(runtime, session, async (db) => {
    for (;;) {
      const startedAtMs = clock.monotonicMs()
      onCounted(await count(db, estimateAbove, large))
      const tookMs = clock.monotonicMs() - startedAtMs
      await pause(clock, Math.max(PAUSE_MS, tookMs * PAUSES_PER_COUNT), signal)
    }
  })
}

async function count(
  db: Db,
  estimateAbove: number,
  large: Map<string, number>,
): Promise<readonly Metric[]> {
  for (const [state, left] of large) {
    if (left > 1) large.set(state, left - 1)
    else large.delete(state)
  }
  const rows = await countStates(db, estimateAbove + 1, [...large.keys()])
  const totals = new Map<string, number>()
  for (const { state, jobs } of rows) totals.set(state, (totals.get(state) ?? 0) + Number(jobs))
  for (const [state, total] of totals) if (total > estimateAbove) large.set(state, ESTIMATES)
  const exact = rows
    .filter(({ state }) => !large.has(state))
    .map(({ state, queue, jobs }) => fullCount(state, queue, Number(jobs)))

  return [...exact, ...(await estimate(db, [...large.keys()]))]
}

async function estimate(db: Db, states: readonly string[]): Promise<Metric[]> {
  const counts: Metric[] = []
  for (const state of states) {
    for (const { queue } of await queuesOfState(db, state, MOST_QUEUES)) {
      counts.push(fullCount(state, queue, await estimateJobs(db, state, queue)))
    }
  }

  return counts
}

function fullCount(state: string, queue: string, jobs: number): Metric {
  return { series: 'full_count', state, queue, value: { data: [jobs] } }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      cancel()
      reject(signal.reason)
    }
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    signal.addEventListener('abort', abort, { once: true })
  })
}
