/**
 * Inserting jobs through any connection: ours, or a caller's inside its transaction. What
 * comes back is one column of JSON text, since a caller's client parses types as the caller likes.
 */
import { batchesOf } from '../job/batch.ts'
import type { JobRow } from '../job.ts'
import type { NewJob } from '../job/new-job.ts'
import type { QueryClient } from '../job/query-client.ts'
import { formatTextArray } from '../job/text-array.ts'
import { channelName } from '../channels.ts'
import { ConfigError } from '../errors.ts'
import { shown } from '../shown.ts'
import { source } from './query.ts'

const insertText = source('insert_jobs')

/** The row that one of our statements answers through whatever client. */
export async function firstRow<Row>(
  client: QueryClient,
  text: string,
  values: (string | null)[],
): Promise<Row | undefined> {
  const answer: unknown = await client.query(text, values)
  const isResult = typeof answer === 'object' && answer !== null && 'rows' in answer
  const rows: unknown = isResult ? answer.rows : answer
  if (!Array.isArray(rows)) {
    const message = `must have a query() that resolves to rows or { rows }, got ${shown(answer)}`
    throw new ConfigError([{ path: 'client', message }])
  }

  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own statement's row
  return rows[0] as Row | undefined
}

/** Some drivers parse JSON whatever its column says. */
export function readJson<Value>(column: unknown): Value {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON of our own statement
  return typeof column === 'string' ? JSON.parse(column) : (column as Value)
}

export type Inserted = readonly [id: string, insertedAt: string, scheduledAt: string]

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

/**
 * Insert a batch of jobs in one statement; their rows come in the order of the jobs.
 *
 * @param channel - where to announce the queues of available jobs, as part of the same transaction
 */
async function insertJobs(
  client: QueryClient,
  prefix: string,
  jobs: readonly NewJob[],
  channel: string | null,
): Promise<JobRow[]> {
  const records = jobs.map(recordOf)
  const values = [JSON.stringify(records), channel]
  const row = await firstRow<{ jobs: unknown }>(client, insertText(prefix), values)
  const inserted = readJson<readonly Inserted[]>(row?.jobs ?? [])

  return jobs.flatMap((job, index) => {
    const facts = inserted[index]

    return facts === undefined ? [] : [rowOf(job, facts)]
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
