/**
 * Statements that look at all queues of a schema again and again: each is bounded in what it reads, so
 * that they may run each second beside a million jobs.
 */
import { query } from './query.ts'

interface LaneRow {
  readonly state: 'available' | 'executing' | 'retryable' | 'scheduled'
  readonly queue: string
  readonly jobs: string
}

export const lookLanes = query<LaneRow, [bound: number, lanes: number]>('look_lanes')

interface LeaderRow {
  /** The instance. */
  readonly name: string
  readonly node: string
}

export const liveLeaders = query<LeaderRow, []>('live_leaders')

interface RunningRow {
  readonly id: string
  readonly queue: string
  readonly worker: string
  readonly attempt: string
  readonly node: string | null
  /** Since the attempt began. */
  readonly seconds: string
}

export const longestRunning = query<RunningRow, [limit: number, bound: number]>('longest_running')

interface FailureRow {
  readonly id: string
  readonly queue: string
  readonly worker: string
  readonly state: 'discarded' | 'retryable'
  readonly attempt: string
  readonly max_attempts: string
  readonly error: string | null
  /** Since it failed; of one that is tried again since the attempt began. */
  readonly seconds: string
}

export const latestFailures = query<FailureRow, [limit: number, bound: number]>('latest_failures')
