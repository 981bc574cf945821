/** Rows of jobs that stand in no table: as a claim would read one, and as it would be stored at its end. */
import type { JobRow } from '../job.ts'
import type { JsonObject } from '../job/json.ts'
import type { NewJob } from '../job/new-job.ts'
import { formatTextArray } from '../job/text-array.ts'
import { acknowledge, type Ack } from '../protocol/outcome.ts'
import type { ClaimedRow } from '../protocol/claimed-row.ts'
import type { RanHere } from './run-here.ts'

export interface ClaimedAs {
  readonly id: number
  readonly attempt: number
  readonly node: string
  readonly now: Date
  /** As PostgreSQL reads it. Default: now, as a job that runs at once is due at once */
  readonly scheduledAt?: string | null
}

/** A timestamp as PostgreSQL would send it. */
function timestamp(date: Date): string {
  return date.toISOString().replace('T', ' ').replace('Z', '000')
}

/** A new job as if a queue had just claimed it. */
export function claimedRow(job: NewJob, { id, attempt, node, now, scheduledAt }: ClaimedAs) {
  const row: ClaimedRow = {
    id: String(id),
    state: 'executing',
    queue: job.queue,
    worker: job.worker,
    args: JSON.stringify(job.args),
    meta: JSON.stringify(job.meta),
    tags: formatTextArray(job.tags),
    errors: '[]',
    attempt: String(attempt),
    max_attempts: String(job.maxAttempts),
    priority: String(job.priority),
    attempted_by: formatTextArray([node, 'testing']),
    inserted_at: timestamp(now),
    scheduled_at: scheduledAt ?? timestamp(now),
    attempted_at: timestamp(now),
    completed_at: null,
    cancelled_at: null,
    discarded_at: null,
  }

  return row
}

const ENDS = {
  completed: 'completed_at',
  cancelled: 'cancelled_at',
  discarded: 'discarded_at',
} as const satisfies Partial<Record<Ack['state'], keyof JobRow>>

function isEnd(state: Ack['state']): state is keyof typeof ENDS {
  return Object.hasOwn(ENDS, state)
}

/** The row as it would be stored now that the run has ended. */
export function endedRow({ settled, patch }: RanHere, now: Date): JobRow {
  const { job } = settled.run
  // Chance has a part only in what is given back for another node, which there is none of.
  const ack = acknowledge(settled, { now: () => now, random: () => 0 })
  const { state, delay, error, restore } = ack
  const meta = { ...metaOf(job), ...patch, ...ack.patch }

  return {
    ...job,
    state,
    // A snooze takes the attempt back, as the statement that stores it does.
    attempt: String(Number(job.attempt) - (restore ? 1 : 0)),
    meta: JSON.stringify(ack.counter === null ? meta : counted(meta)),
    errors: JSON.stringify(error === null ? [] : [error]),
    ...(delay !== null && { scheduled_at: timestamp(new Date(now.getTime() + delay * 1_000)) }),
    ...(isEnd(state) && { [ENDS[state]]: timestamp(now) }),
  }
}

function metaOf(job: JobRow): JsonObject {
  const meta: JsonObject = JSON.parse(job.meta ?? '{}')

  return meta
}

function counted(meta: JsonObject): JsonObject {
  const { snoozed } = meta

  return { ...meta, snoozed: typeof snoozed === 'number' ? snoozed + 1 : 1 }
}
