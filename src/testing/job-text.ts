/** A job as the failures of tests describe it. */
import type { Job, JobError } from '../job.ts'

/** The message and where it was thrown; below that stands the library. */
const MOST_LINES = 2
const MOST_ERRORS = 3

/** Jobs of which a message tells; more would not be read. */
const MOST_JOBS = 10

export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}

/** The lines of the first of them, and that there are more. */
export function listed<Each>(
  all: readonly Each[],
  lines: (each: Each) => readonly string[],
): string[] {
  const rest = all.length - MOST_JOBS
  const shown = all.slice(0, MOST_JOBS).flatMap(lines)

  return indented(rest > 0 ? [...shown, `and ${rest} more`] : shown)
}

/** `250 ms`, `4 s`. */
export function spelled(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`
}

/** `job 42 of Media.Resize`. */
export function nameOfJob({ id, worker }: Pick<Job<unknown>, 'id' | 'worker'>): string {
  return `job ${id} of ${worker}`
}

function errorLines({ attempt, error }: JobError): string[] {
  const [first = '', ...stack] = error.split('\n').slice(0, MOST_LINES)

  return [`attempt ${attempt}: ${first}`, ...stack.map((line) => `  ${line.trim()}`)]
}

/** Why the last attempts have failed, the latest first. */
export function failureLines({ errors }: Pick<Job<unknown>, 'errors'>): string[] {
  const latest = errors.toReversed().slice(0, MOST_ERRORS).flatMap(errorLines)
  const rest = errors.length - MOST_ERRORS

  return rest > 0 ? [...latest, `and ${rest} more`] : latest
}

/** `retryable after attempt 1 of 20, again at 2030-01-31T09:00:00.000Z, in queue "media"`. */
export function standing(job: Job<unknown>): string {
  const { state, attempt, maxAttempts, scheduledAt, queue } = job
  const attempts = attempt === 0 ? '' : ` after attempt ${attempt} of ${maxAttempts}`
  const isDue = state === 'scheduled' || state === 'retryable'
  const due = isDue ? `, due at ${scheduledAt.toISOString()}` : ''

  return `${state}${attempts}${due}, in queue "${queue}"`
}
