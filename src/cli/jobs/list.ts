/** `oban jobs`: a page of jobs, a line for each. */
import type { Job } from '../../job.ts'
import { oneLine } from '../../telemetry/words.ts'
import { drawColumns, type FittedColumn } from '../columns.ts'
import type { Paint } from '../paint.ts'
import { age } from '../quantity.ts'
import { lastError, whenOf } from './words.ts'

export interface ListInput {
  readonly jobs: readonly Job[]
  /** By the clock of the database. */
  readonly nowMs: number
  /** Show what jobs were given. Arguments hold secrets, so only who asks sees them. */
  readonly showArgs: boolean
  /** Cells; Infinity where nobody looks. */
  readonly width: number
  readonly paint: Paint
}

const COLUMNS: readonly FittedColumn[] = [
  { title: 'id', align: 'right' },
  { title: 'state' },
  { title: 'queue', least: 6 },
  { title: 'worker', least: 12 },
  { title: 'attempt', align: 'right', leave: 2 },
  { title: 'when', align: 'right' },
  { title: 'inserted', align: 'right', leave: 4 },
  { title: 'tags', least: 8, leave: 3 },
  { title: 'last error', least: 16, leave: 1 },
  { title: 'args', least: 16 },
]

export function drawJobs({ jobs, nowMs, showArgs, width, paint }: ListInput): string[] {
  const rows = jobs.map((job) => [
    String(job.id),
    job.state,
    oneLine(job.queue),
    oneLine(job.worker),
    `${job.attempt}/${job.maxAttempts}`,
    whenOf(job, nowMs),
    `${age(nowMs - job.insertedAt.getTime())} ago`,
    oneLine(job.tags.join(', ')),
    lastError(job),
    showArgs ? oneLine(JSON.stringify(job.args)) : '',
  ])

  return drawColumns(COLUMNS, rows, { width, paint })
}

/** What `--json` has of a job. */
export function listedJob(job: Job, showArgs: boolean): object {
  const { args, meta, conflict: _, ...rest } = job

  return showArgs ? { ...rest, args, meta } : rest
}
