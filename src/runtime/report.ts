/** What is told about a job once the database knows it too. */
import type { Report } from '../../supervisors/index.ts'
import type { Outcome, Settled } from '../outcome.ts'
import { emit, listening } from '../telemetry/channels.ts'
import type { JobFields, Origin } from '../telemetry/events.ts'
import type { Run } from '../tenure.ts'
import { parseTextArray } from '../text-array.ts'
import { parseTimestamp } from '../timestamp.ts'

export function jobFields({ job }: Run): JobFields {
  return {
    id: Number(job.id),
    worker: job.worker,
    queue: job.queue,
    attempt: Number(job.attempt),
    maxAttempts: Number(job.max_attempts),
    tags: parseTextArray(job.tags),
  }
}

export function reportStart(origin: Origin, runs: readonly Run[]): void {
  if (!listening('job.start')) return
  for (const run of runs) emit('job.start', { ...origin, ...jobFields(run) })
}

/** An attempt that was interrupted, or given back for others, did not end. */
const STOPPED = { completed: 'success', cancelled: 'cancelled', snoozed: 'snoozed' } as const

function isStop(kind: Outcome['kind']): kind is keyof typeof STOPPED {
  return Object.hasOwn(STOPPED, kind)
}

export function reportEnd(origin: Origin, { run, outcome, durationMs }: Settled): void {
  const event = outcome.kind === 'failed' ? 'job.exception' : 'job.stop'
  if (!listening(event)) return
  const { job } = run
  const waited =
    parseTimestamp(job.attempted_at).getTime() - parseTimestamp(job.scheduled_at).getTime()
  const told = { ...origin, ...jobFields(run), durationMs, queueTimeMs: Math.max(0, waited) }
  if (outcome.kind === 'failed') {
    const state = Number(job.attempt) >= Number(job.max_attempts) ? 'discard' : 'failure'
    emit('job.exception', { ...told, state, error: outcome.error })
  } else if (isStop(outcome.kind)) {
    emit('job.stop', { ...told, state: STOPPED[outcome.kind] })
  }
}

/** An internal query failed, and will be tried again. */
export function reportFailure(origin: Origin, source: string, error: unknown): void {
  emit('query.failed', { ...origin, source, error })
}

/** What a supervisor has to say about its children; `path` is where it stands, as in `queue/media/`. */
export function reportTree(origin: Origin, path = ''): (report: Report) => void {
  return ({ kind, id, error }) => {
    emit('supervisor.report', { ...origin, kind, id: `${path}${id}`, error })
  }
}
