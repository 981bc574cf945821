/** Changes the jobs that new ones were found to be the same as, as far as the new ones ask for it. */
import { BATCH_JOBS } from '../job/batch.ts'
import type { JobRow } from '../job.ts'
import type { NewJob } from '../job/new-job.ts'
import type { QueryClient } from '../job/query-client.ts'
import type { ReplaceField } from '../job/replace.ts'
import { ask } from './ask.ts'
import { source } from './query.ts'

const replaceText = source('replace_jobs')

/** A new job, its place in the call, and the row that stood in its way. */
export interface Conflict {
  readonly ord: number
  readonly job: NewJob
  readonly row: JobRow
}

interface Answer {
  readonly replaced: readonly JobRow[] | null
}

type Change = Readonly<Record<string, unknown>>

/** The columns that a field stands for. */
function columns(job: NewJob, field: ReplaceField): Change {
  if (field === 'scheduledAt') {
    return { scheduled_at: job.scheduledAt, schedule_in: job.scheduleInSeconds }
  }

  return field === 'maxAttempts' ? { max_attempts: job.maxAttempts } : { [field]: job[field] }
}

/** One change for each row; where several jobs of a call found it, what the later ones say goes over. */
function changesOf(conflicts: readonly Conflict[]): Change[] {
  const byId = new Map<string, Change>()
  for (const { job, row } of conflicts) {
    const fields = job.replace?.[row.state] ?? []
    const { id, state } = row
    const said = fields.map((field) => columns(job, field))
    byId.set(id, Object.assign({ id, state }, byId.get(id), ...said))
  }

  // Rows are locked in one order by everybody.
  return [...byId.values()].toSorted((one, other) => Number(one['id']) - Number(other['id']))
}

/** The conflicts in which the new job changes something. */
export function replacing(
  jobs: readonly NewJob[],
  rows: ReadonlyMap<number, JobRow>,
): readonly Conflict[] {
  return [...rows].flatMap(([ord, row]) => {
    const job = jobs[ord]

    return row.conflict && job?.replace?.[row.state] ? [{ ord, job, row }] : []
  })
}

/**
 * Change the rows that stood in the way.
 *
 * @returns the rows as they are now, by the places of the jobs; without those that have changed their state
 * since they were found
 */
export async function replaceJobs(
  client: QueryClient,
  prefix: string,
  conflicts: readonly Conflict[],
  channel: string | null,
): Promise<Map<number, JobRow>> {
  const changes = changesOf(conflicts)
  const replaced = new Map<string, JobRow>()
  for (let start = 0; start < changes.length; start += BATCH_JOBS) {
    const values = [JSON.stringify(changes.slice(start, start + BATCH_JOBS)), channel]
    const answer = await ask<Answer>(client, replaceText(prefix), values)
    for (const job of answer?.replaced ?? []) replaced.set(job.id, job)
  }

  return new Map(
    conflicts.flatMap(({ ord, row }) => {
      const now = replaced.get(row.id)

      return now === undefined ? [] : [[ord, now] as const]
    }),
  )
}
