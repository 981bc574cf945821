/**
 * A claimed row, which travels as the list of its columns, from the database and to a thread. The driver, and
 * structured cloning, put each value under its name anew, which takes longer than all of the values. Each
 * member is written out here, as a loop over their names gives away half of that gain.
 */
import type { JobRow } from '../job.ts'

/** As text. `attempted_at` names the claim, to the microsecond. */
export interface ClaimedRow extends JobRow {
  readonly state: 'executing'
  readonly attempted_at: string
}

/** What the rows that a producer claims have in common. */
export type Claimant = Pick<ClaimedRow, 'attempted_by' | 'queue'>

/** The others, in the order in which `fetch_jobs.sql` answers them. */
export type ClaimedColumns = readonly [
  id: ClaimedRow['id'],
  worker: ClaimedRow['worker'],
  args: ClaimedRow['args'],
  meta: ClaimedRow['meta'],
  tags: ClaimedRow['tags'],
  priority: ClaimedRow['priority'],
  attempt: ClaimedRow['attempt'],
  maxAttempts: ClaimedRow['max_attempts'],
  errors: ClaimedRow['errors'],
  insertedAt: ClaimedRow['inserted_at'],
  scheduledAt: ClaimedRow['scheduled_at'],
  attemptedAt: ClaimedRow['attempted_at'],
  completedAt: ClaimedRow['completed_at'],
  cancelledAt: ClaimedRow['cancelled_at'],
  discardedAt: ClaimedRow['discarded_at'],
]

export function columnsOf(row: ClaimedRow): ClaimedColumns {
  return [
    row.id,
    row.worker,
    row.args,
    row.meta,
    row.tags,
    row.priority,
    row.attempt,
    row.max_attempts,
    row.errors,
    row.inserted_at,
    row.scheduled_at,
    row.attempted_at,
    row.completed_at,
    row.cancelled_at,
    row.discarded_at,
  ]
}

export function claimedRowOf(
  [
    id,
    worker,
    args,
    meta,
    tags,
    priority,
    attempt,
    max_attempts,
    errors,
    inserted_at,
    scheduled_at,
    attempted_at,
    completed_at,
    cancelled_at,
    discarded_at,
  ]: ClaimedColumns,
  { queue, attempted_by }: Claimant,
): ClaimedRow {
  return {
    id,
    state: 'executing',
    queue,
    worker,
    args,
    meta,
    tags,
    errors,
    attempt,
    max_attempts,
    priority,
    attempted_by,
    inserted_at,
    scheduled_at,
    attempted_at,
    completed_at,
    cancelled_at,
    discarded_at,
  }
}
