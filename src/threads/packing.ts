/**
 * Jobs and their ends as they travel between threads: as lists. Structured cloning writes and reads the
 * names of an object's members for each object anew, which takes longer than all of their values. Each member
 * is written out here, as a loop over their names gives away half of that gain.
 */
import type { Outcome } from '../protocol/outcome.ts'
import type { JobMessage, PackedEnd, PackedJob, SettledMessage } from './protocol.ts'

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
