/** Jobs as `insert_jobs.sql` takes them: what those in a row have in common is sent, and read, once. */
import type { NewJob } from '../job/new-job.ts'

/** A job, and what it holds as JSON. */
export interface Written {
  readonly job: NewJob
  readonly args: string
  readonly meta: string
}

export function write(job: NewJob): Written {
  return { job, args: JSON.stringify(job.args), meta: JSON.stringify(job.meta) }
}

/** Jobs that differ in their arguments only. */
type Series = [first: Written, ...others: Written[]]

function isAlike({ job, meta }: Written, { job: other, meta: otherMeta }: Written): boolean {
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
    meta === otherMeta
  )
}

function unlessDefault<Value>(value: Value, isDefault: boolean): Value | undefined {
  return isDefault ? undefined : value
}

/** What most jobs have is left out: the statement puts it in its place. */
function writeOne(series: Series, ord: number): string {
  const [{ job, meta }] = series
  const shared = JSON.stringify({
    ord,
    worker: job.worker,
    queue: job.queue,
    state: unlessDefault(job.state, job.state === 'available'),
    tags: unlessDefault(job.tags, job.tags.length === 0),
    priority: unlessDefault(job.priority, job.priority === 0),
    max_attempts: unlessDefault(job.maxAttempts, job.maxAttempts === 20),
    scheduled_at: job.scheduledAt ?? undefined,
    schedule_in: job.scheduleInSeconds ?? undefined,
  })
  const ownMeta = meta === '{}' ? '' : `,"meta":${meta}`
  const args = series.map((written) => written.args).join(',')

  return `${shared.slice(0, -1)}${ownMeta},"args":[${args}]}`
}

/** JSON, in the order of the jobs. */
export function writeSeries(jobs: readonly Written[]): string {
  const all: Series[] = []
  let last: Series | undefined
  for (const written of jobs) {
    if (last && isAlike(last[0], written)) {
      last.push(written)
    } else {
      last = [written]
      all.push(last)
    }
  }

  return `[${all.map(writeOne).join(',')}]`
}
