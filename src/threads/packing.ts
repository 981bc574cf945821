/**
 * Jobs and their ends as they travel between threads: as lists. Structured cloning writes and reads the
 * names of an object's members for each object anew, which takes longer than all of their values.
 */
import type { Outcome } from '../protocol/outcome.ts'
import type { ClaimedRow } from '../protocol/tenure.ts'
import type { JobMessage, SettledMessage } from './protocol.ts'

type Columns = readonly [
  id: ClaimedRow['id'],
  state: ClaimedRow['state'],
  queue: ClaimedRow['queue'],
  worker: ClaimedRow['worker'],
  args: ClaimedRow['args'],
  meta: ClaimedRow['meta'],
  tags: ClaimedRow['tags'],
  errors: ClaimedRow['errors'],
  attempt: ClaimedRow['attempt'],
  maxAttempts: ClaimedRow['max_attempts'],
  priority: ClaimedRow['priority'],
  attemptedBy: ClaimedRow['attempted_by'],
  insertedAt: ClaimedRow['inserted_at'],
  scheduledAt: ClaimedRow['scheduled_at'],
  attemptedAt: ClaimedRow['attempted_at'],
  completedAt: ClaimedRow['completed_at'],
  cancelledAt: ClaimedRow['cancelled_at'],
  discardedAt: ClaimedRow['discarded_at'],
]

export type PackedJob = readonly [token: number, ...Columns]

export function packJob({ token, job }: JobMessage): PackedJob {
  return [
    token,
    job.id,
    job.state,
    job.queue,
    job.worker,
    job.args,
    job.meta,
    job.tags,
    job.errors,
    job.attempt,
    job.max_attempts,
    job.priority,
    job.attempted_by,
    job.inserted_at,
    job.scheduled_at,
    job.attempted_at,
    job.completed_at,
    job.cancelled_at,
    job.discarded_at,
  ]
}

export function unpackJob([
  token,
  id,
  state,
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
]: PackedJob): JobMessage {
  return {
    token,
    job: {
      id,
      state,
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
    },
  }
}

/** Without what most have in common: they completed, and nobody followed them. */
export type PackedEnd = readonly [
  token: number,
  durationMs: number,
  outcome?: Outcome,
  isFollowed?: true | undefined,
]

const COMPLETED: Outcome = { kind: 'completed' }

export function packEnd({ token, durationMs, outcome, isFollowed }: SettledMessage): PackedEnd {
  const isPlain = outcome.kind === 'completed' && outcome.recorded === undefined && !isFollowed

  return isPlain ? [token, durationMs] : [token, durationMs, outcome, isFollowed]
}

export function unpackEnd([
  token,
  durationMs,
  outcome = COMPLETED,
  isFollowed,
]: PackedEnd): SettledMessage {
  return isFollowed ? { token, durationMs, outcome, isFollowed } : { token, durationMs, outcome }
}
