/** The jobs that share a tag. No index covers tags, so what is asked often begins at an id. */
import { parseJob, type Job, type JobRow, type JobState } from '../job.ts'
import { query, type Db } from './query.ts'

interface CountRow {
  readonly queue: string
  readonly state: JobState
  readonly total: string
  readonly tagged: string
}

interface TaggedCountRow {
  readonly queue: string
  readonly worker: string
  readonly state: JobState
  readonly count: string
}

/** Tag, and an id that no job with the tag is below. */
export type Tagged = [tag: string, fromId: string]

/** Reads the whole table. */
export const countJobs = query<CountRow, Tagged>('count_jobs')

export const countTaggedJobs = query<TaggedCountRow, Tagged>('count_tagged_jobs')

export const cancelTaggedJobs = query<{ id: string }, [tag: string]>('cancel_tagged_jobs')

type Page = [tag: string, worker: string, afterId: string, limit: number]

const taggedJobs = query<JobRow, Page>('tagged_jobs')

const PAGE = 2_000

/** The jobs of one worker, page by page, so that any number of them fits into memory. */
export async function* readTaggedJobs(
  db: Db,
  [tag, fromId]: Tagged,
  worker: string,
): AsyncGenerator<Job> {
  let after = String(BigInt(fromId) - 1n)
  for (;;) {
    const rows = await taggedJobs(db, tag, worker, after, PAGE)
    for (const row of rows) yield parseJob(row)
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.id
  }
}
