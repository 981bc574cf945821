/** Inserts jobs that stand in nobody's way, in as few statements as they fit into. */
import { batchesOf } from '../job/batch.ts'
import type { JobRow } from '../job.ts'
import type { NewJob } from '../job/new-job.ts'
import type { QueryClient } from '../job/query-client.ts'
import { formatTextArray } from '../job/text-array.ts'
import { channelName } from '../channels.ts'
import { ask } from './ask.ts'
import { source } from './query.ts'

const insertText = source('insert_jobs')

export type Inserted = readonly [id: string, insertedAt: string, scheduledAt: string]

/** What `insert_jobs.sql` answers, in the order of the ids. */
interface Answer {
  /** Separated by commas; null when a trigger has left all of them out. */
  readonly ids: string | null
  /** The moment of the transaction. */
  readonly now: string
  /** Null when all of them are this moment. */
  readonly times: ReadonlyArray<readonly [insertedAt: string, scheduledAt: string]> | null
}

const NOTHING: Answer = { ids: null, now: '', times: null }

/** A job as the statements that insert take it. */
export function recordOf(job: NewJob, ord: number) {
  return {
    ord,
    state: job.state,
    worker: job.worker,
    queue: job.queue,
    args: job.args,
    meta: job.meta,
    tags: job.tags,
    priority: job.priority,
    max_attempts: job.maxAttempts,
    scheduled_at: job.scheduledAt,
    schedule_in: job.scheduleInSeconds,
  }
}

function unlessDefault<Value>(value: Value, isDefault: boolean): Value | undefined {
  return isDefault ? undefined : value
}

/**
 * The same without what most jobs have, which the statement puts in their place: to read it again and again
 * would take it a third of its time.
 */
function leanRecordOf(job: NewJob, ord: number): Partial<ReturnType<typeof recordOf>> {
  return {
    ord,
    worker: job.worker,
    queue: job.queue,
    args: job.args,
    state: unlessDefault(job.state, job.state === 'available'),
    meta: unlessDefault(job.meta, Object.keys(job.meta).length === 0),
    tags: unlessDefault(job.tags, job.tags.length === 0),
    priority: unlessDefault(job.priority, job.priority === 0),
    max_attempts: unlessDefault(job.maxAttempts, job.maxAttempts === 20),
    scheduled_at: job.scheduledAt ?? undefined,
    schedule_in: job.scheduleInSeconds ?? undefined,
  }
}

/**
 * Insert a batch of jobs in one statement; their rows come in the order of the jobs.
 *
 * @param channel - where to announce the queues of available jobs, as part of the same transaction
 * @param groupPatienceMs - for jobs of several callers: longest wait for a lock, and then all are stored or the
 * statement is refused. Default: waits as the session does, and may leave out what a trigger leaves out
 */
export async function insertJobs(
  client: QueryClient,
  prefix: string,
  jobs: readonly NewJob[],
  channel: string | null,
  groupPatienceMs?: number,
): Promise<JobRow[]> {
  const records = jobs.map(leanRecordOf)
  const group = groupPatienceMs === undefined ? null : `${groupPatienceMs}ms`
  const values = [JSON.stringify(records), channel, group]
  const answer = await ask<Answer>(client, insertText(prefix), values)
  const { ids, now, times } = answer ?? NOTHING
  if (ids === null) return []

  return ids.split(',').flatMap((id, index) => {
    const job = jobs[index]
    if (job === undefined) return []
    const [insertedAt, scheduledAt] = times?.[index] ?? [now, now]

    return [rowOf(job, [id, insertedAt, scheduledAt])]
  })
}

/** Insert any number of jobs, announcing their queues in the caller's transaction. */
export async function insertAll(
  client: QueryClient,
  prefix: string,
  jobs: readonly NewJob[],
  channel: string | null = channelName(prefix, 'insert'),
): Promise<JobRow[]> {
  const rows: JobRow[] = []
  // One after the other: a client answers in order, and the ids are to be in order too.
  for (const batch of batchesOf(jobs)) {
    rows.push(...(await insertJobs(client, prefix, batch, channel)))
  }

  return rows
}

/** The row of a job that was inserted a moment ago. */
export function rowOf(job: NewJob, [id, insertedAt, scheduledAt]: Inserted): JobRow {
  return {
    id,
    state: job.state,
    queue: job.queue,
    worker: job.worker,
    args: JSON.stringify(job.args),
    meta: JSON.stringify(job.meta),
    tags: formatTextArray(job.tags),
    errors: '[]',
    attempt: '0',
    max_attempts: String(job.maxAttempts),
    priority: String(job.priority),
    attempted_by: null,
    inserted_at: insertedAt,
    scheduled_at: scheduledAt,
    attempted_at: null,
    completed_at: null,
    cancelled_at: null,
    discarded_at: null,
  }
}
