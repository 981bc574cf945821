/** Jobs and their ends as they travel between threads: as lists, for the reason that claimed rows do. */
import { claimedRowOf, columnsOf } from '../protocol/claimed-row.ts'
import type { Outcome } from '../protocol/outcome.ts'
import type { JobMessage, PackedEnd, PackedJob, SettledMessage } from './protocol.ts'

export function packJob({ token, job }: JobMessage): PackedJob {
  return [token, job.queue, job.attempted_by, columnsOf(job)]
}

export function unpackJob([token, queue, attempted_by, columns]: PackedJob): JobMessage {
  return { token, job: claimedRowOf(columns, { queue, attempted_by }) }
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
