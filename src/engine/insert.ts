/** Inserts jobs that stand in nobody's way, in as few statements as they fit into. */
import { batchesOf } from '../job/batch.ts'
import type { JobRow } from '../job.ts'
import type { NewJob } from '../job/new-job.ts'
import type { QueryClient } from '../job/query-client.ts'
import { formatTextArray } from '../job/text-array.ts'
import { channelName } from '../channels.ts'
import { ask } from './ask.ts'
import { source } from './query.ts'
import { type Written, write, writeSeries } from './series.ts'

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
  const written = jobs.map(write)
  const group =
    groupPatienceMs === undefined ? [null, null] : [`${groupPatienceMs}ms`, String(jobs.length)]
  const values = [writeSeries(written), channel, ...group]
  const answer = await ask<Answer>(client, insertText(prefix), values)
  const { ids, now, times } = answer ?? NOTHING
  if (ids === null) return []

  return ids.split(',').flatMap((id, place) => {
    const one = written[place]
    if (one === undefined) return []
    const [insertedAt, scheduledAt] = times?.[place] ?? [now, now]

    return [rowOf(one, [id, insertedAt, scheduledAt])]
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
export function rowOf(
  { job, args, meta }: Written,
  [id, insertedAt, scheduledAt]: Inserted,
): JobRow {
  return {
    id,
    state: job.state,
    queue: job.queue,
    worker: job.worker,
    args,
    meta,
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
