/** How long a body may run: as its worker says it, and as the run time counts it. */
import { ConfigError, type Problem } from '../errors.ts'
import type { Job } from '../job.ts'
import { toMilliseconds, type Duration } from '../period.ts'
import { shown } from '../shown.ts'

/** `'infinity'`, the one spelling of never, is what leaving it out means. */
export type Timeout = Duration | 'infinity'

/** Taken from a method, whose parameter may be given a narrower type, as that of `backoff`. */
export type JobTimeout<Args> = { of(job: Job<Args>): Timeout }['of']

/** In whole milliseconds, or what says how long this job may run. */
export type StoredTimeout = number | ((job: Job) => Timeout)

/** Whole milliseconds, or why it cannot be a time to run. */
function readTimeout(timeout: unknown): Problem | number {
  const timeoutMs = toMilliseconds(timeout, 'timeout', { infinity: true })

  return timeoutMs === 0
    ? { path: 'timeout', message: `must be 1 ms or more, got ${shown(timeout)}` }
    : timeoutMs
}

function bounded(timeoutMs: number): number | undefined {
  return Number.isFinite(timeoutMs) ? timeoutMs : undefined
}

export function timeoutProblems(timeout: unknown): Problem[] {
  if (timeout === undefined || typeof timeout === 'function') return []
  const timeoutMs = readTimeout(timeout)

  return typeof timeoutMs === 'object' ? [timeoutMs] : []
}

/** A timeout that was checked, as the definition keeps it; a function is bound to its options. */
export function storedTimeout(
  timeout: StoredTimeout | Timeout | undefined,
  options: object,
): StoredTimeout | undefined {
  if (typeof timeout === 'function') return timeout.bind(options)
  const timeoutMs = timeout === undefined ? undefined : readTimeout(timeout)

  return typeof timeoutMs === 'number' ? bounded(timeoutMs) : undefined
}

/**
 * How long a job may run, in milliseconds; undefined without a bound.
 *
 * @param job - the job as stored, for a worker that decides for each
 * @throws {ConfigError} when the worker's function answers something else than a duration
 */
export function timeoutOf(
  worker: { readonly name: string; readonly timeout?: StoredTimeout | undefined },
  job: () => Job,
): number | undefined {
  const { name, timeout } = worker
  if (typeof timeout !== 'function') return timeout
  const timeoutMs = readTimeout(timeout(job()))
  if (typeof timeoutMs === 'number') return bounded(timeoutMs)

  throw new ConfigError([{ ...timeoutMs, path: `worker ${shown(name)}: ${timeoutMs.path}` }])
}
