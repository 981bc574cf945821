/**
 * Compares what the database says this node executes with what it holds. Pure: the refresher reads, the
 * instance acts.
 *
 * A row that nobody here knows was claimed by an answer that got lost, and is given back. A run whose
 * row is gone was rescued, cancelled or deleted, and is aborted.
 */
import type { Run, Tenure } from './tenure.ts'

/** A row `executing` under one of our uuids. */
export interface Executing {
  readonly id: string
  readonly attempt: string
  readonly attempted_at: string
  readonly uuid: string
}

/** What was known of a tenure at the moment the read was sent. */
export interface Glance {
  readonly tenure: Tenure
  readonly runs: readonly Run[]
  readonly fetches: number
  readonly wasFetching: boolean
}

export function glance(tenure: Tenure): Glance {
  return {
    tenure,
    runs: tenure.runs.values(),
    fetches: tenure.fetches,
    wasFetching: tenure.openFetches > 0,
  }
}

export interface Difference {
  /** Rows that nobody here holds. */
  readonly unheld: readonly Executing[]
  /** Runs whose rows belong to somebody else. */
  readonly lost: readonly Run[]
}

function keyOf(id: string, attempt: string, attemptedAt: string): string {
  return `${id} ${attempt} ${attemptedAt}`
}

export function difference(glances: readonly Glance[], rows: readonly Executing[]): Difference {
  const unheld: Executing[] = []
  const lost: Run[] = []
  for (const { tenure, runs, fetches, wasFetching } of glances) {
    const own = rows.filter(({ uuid }) => uuid === tenure.uuid)
    const present = new Set(own.map((row) => keyOf(row.id, row.attempt, row.attempted_at)))
    for (const run of runs) {
      const { id, attempt, attempted_at: attemptedAt } = run.job
      // One that has settled may be missing because its acknowledgement has landed.
      if (run.phase !== 'settled' && !present.has(keyOf(id, attempt, attemptedAt))) lost.push(run)
    }
    // A claim that was under way between the read and now accounts for rows we do not know yet.
    if (wasFetching || tenure.fetches !== fetches) continue
    const held = new Set(
      tenure.runs.values().map(({ job }) => keyOf(job.id, job.attempt, job.attempted_at)),
    )
    unheld.push(...own.filter((row) => !held.has(keyOf(row.id, row.attempt, row.attempted_at))))
  }

  return { unheld, lost }
}
