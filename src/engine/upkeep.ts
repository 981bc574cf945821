/** Statements that keep the jobs table fit, as its owner may. */
import { query } from './query.ts'

interface WearRow {
  readonly updates: string
  readonly dead: string
  readonly vacuums: string
}

export const lookWear = query<WearRow, [prefix: string]>('look_wear')

interface UpkeepRow {
  readonly allowed: 't' | 'f'
  /** Somebody maintains the table now. */
  readonly busy: 't' | 'f'
}

export const inspectUpkeep = query<UpkeepRow, [prefix: string]>('inspect_upkeep')

export const vacuumJobs = query<never, []>('vacuum_jobs')
