/** Who pays when a thread dies with jobs on it. */
import { defaultBackoff } from '../backoff.ts'
import { JobCrashError } from '../job-errors.ts'
import type { Settled } from '../protocol/outcome.ts'
import type { Run } from '../protocol/tenure.ts'
import { errorText, serializeError } from './serialized-error.ts'

const INNOCENT = { kind: 'interrupted', suspect: false } as const
const SUSPECT = { kind: 'interrupted', suspect: true } as const

/** Whether a job was on a thread that died with nobody to blame. Such a job runs alone. */
export function isSuspect({ job }: Run): boolean {
  if (job.meta === null || !job.meta.includes('"suspect"')) return false
  const meta: unknown = JSON.parse(job.meta)

  return typeof meta === 'object' && meta !== null && Reflect.get(meta, 'suspect') === true
}

function crashed(run: Run, cause: string, random: () => number): Settled {
  const { job } = run
  const backoffSeconds = defaultBackoff(
    { attempt: Number(job.attempt), maxAttempts: Number(job.max_attempts) },
    random,
  )
  const error = errorText(serializeError(new JobCrashError(cause)))

  return { run, outcome: { kind: 'failed', error, backoffSeconds }, durationMs: 0 }
}

/** Jobs that a thread was asked to leave behind: none of them pays. */
export function spare(lost: readonly Run[]): Settled[] {
  return lost.map((run) => ({ run, outcome: INNOCENT, durationMs: 0 }))
}

/**
 * Jobs on a thread that died by itself. A job that was alone is the culprit; of several, each is a
 * suspect and keeps its attempt this once.
 */
export function blame(
  lost: readonly Run[],
  cause: string,
  random: () => number = Math.random,
): Settled[] {
  const [only, ...others] = lost
  if (only !== undefined && others.length === 0) return [crashed(only, cause, random)]

  return lost.map((run) => ({ run, outcome: SUSPECT, durationMs: 0 }))
}
