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
