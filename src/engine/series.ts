/** Jobs as `insert_jobs.sql` takes them: what those in a row have in common is sent, and read, once. */
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../job/json.ts'
import type { NewJob } from '../job/new-job.ts'

/** A job, and the text that its arguments are sent as. */
export interface Written {
  readonly job: NewJob
  /** JSON. */
  readonly args: string
}

export function write(job: NewJob): Written {
  return { job, args: JSON.stringify(job.args) }
}

/** Jobs that differ in their arguments only. */
type Series = [first: Written, ...others: Written[]]

function isEmpty(meta: JsonObject): boolean {
  return Object.keys(meta).length === 0
}

function isAlike(job: NewJob, other: NewJob): boolean {
  return (
    job.worker === other.worker &&
    job.queue === other.queue &&
    job.state === other.state &&
    job.priority === other.priority &&
    job.maxAttempts === other.maxAttempts &&
    job.scheduledAt === other.scheduledAt &&
    job.scheduleInSeconds === other.scheduleInSeconds &&
    job.tags.length === other.tags.length &&
    job.tags.every((tag, place) => tag === other.tags[place]) &&
    ((isEmpty(job.meta) && isEmpty(other.meta)) || isDeepStrictEqual(job.meta, other.meta))
  )
}

function unlessDefault<Value>(value: Value, isDefault: boolean): Value | undefined {
  return isDefault ? undefined : value
}

/** Without what most jobs have, which the statement puts in their place. */
function writeOne(series: Series, ord: number): string {
  const { job } = series[0]
  const shared = JSON.stringify({
    ord,
    worker: job.worker,
    queue: job.queue,
    state: unlessDefault(job.state, job.state === 'available'),
    meta: unlessDefault(job.meta, isEmpty(job.meta)),
    tags: unlessDefault(job.tags, job.tags.length === 0),
    priority: unlessDefault(job.priority, job.priority === 0),
    max_attempts: unlessDefault(job.maxAttempts, job.maxAttempts === 20),
    scheduled_at: job.scheduledAt ?? undefined,
    schedule_in: job.scheduleInSeconds ?? undefined,
  })
  const args = series.map((written) => written.args).join(',')

  return `${shared.slice(0, -1)},"args":[${args}]}`
}

/** JSON, in the order of the jobs. */
export function writeSeries(jobs: readonly Written[]): string {
  const all: Series[] = []
  let last: Series | undefined
  for (const written of jobs) {
    if (last && isAlike(last[0].job, written.job)) {
      last.push(written)
    } else {
      last = [written]
      all.push(last)
    }
  }

  return `[${all.map(writeOne).join(',')}]`
}
