/** What an assertion is called with, checked, and the search for the job that answers it. */
import { systemClock } from '../clock.ts'
import { ConfigError } from '../errors.ts'
import { checkOptions } from '../job/call-options.ts'
import type { ClientOption, InstanceOption } from '../job/enqueuer.ts'
import type { Job } from '../job.ts'
import { type Duration, type Period, toMilliseconds, toSeconds } from '../period.ts'
import type { AnyWorker } from '../worker/definition.ts'
import { compare, type Criteria, readCriteria } from './criteria.ts'
import type { Expectation } from './expectation.ts'
import { untilFound } from './looks.ts'
import { Jobs, subjectOf } from './subject.ts'

export interface EnqueuedOptions extends ClientOption, InstanceOption {
  /** How far the times of an expectation may be off; a bare number is seconds. Default: 1 second */
  readonly delta?: Period | undefined
}

export interface EventuallyOptions extends EnqueuedOptions {
  /** How long to wait, as a duration; a bare number is refused. Default: not at all */
  readonly timeout?: Duration | undefined
}

export interface Question {
  readonly jobs: Jobs
  readonly criteria: Criteria
  readonly timeoutMs: number
}

const optionNames = ['client', 'delta', 'oban', 'timeout']

function readDelta({ delta = 1 }: EnqueuedOptions): number {
  const seconds = toSeconds(delta, 'delta')
  if (typeof seconds !== 'number') throw new ConfigError([seconds])

  return seconds * 1_000
}

/** @throws {ConfigError} when it is no duration */
export function readTimeout(timeout: Duration | undefined, usualMs: number): number {
  const ms = timeout === undefined ? usualMs : toMilliseconds(timeout, 'timeout')
  if (typeof ms !== 'number') throw new ConfigError([ms])

  return ms
}

/**
 * @throws {InvalidFilterError} when the expectation cannot be used
 * @throws {ConfigError} when an option is unknown or cannot be used
 * @throws {NotFoundError} when there is no such instance
 */
export function readQuestion(
  expectation: Expectation<AnyWorker>,
  options: EventuallyOptions,
  known: readonly string[] = optionNames,
): Question {
  // First what comes first: with a worker for the expectation, its arguments would be unknown options.
  readCriteria(expectation, { deltaMs: 0, now: systemClock.now })
  checkOptions(options, known)
  const { timeout, oban, client } = options
  const tolerance = { deltaMs: readDelta(options), now: systemClock.now }

  return {
    criteria: readCriteria(expectation, tolerance),
    timeoutMs: readTimeout(timeout, 0),
    jobs: new Jobs(subjectOf(oban), client),
  }
}

/** The newest job that fits, as soon as there is one. */
export function search({ jobs, criteria, timeoutMs }: Question): Promise<Job | undefined> {
  return untilFound({
    clock: systemClock,
    instance: jobs.instance,
    timeoutMs,
    look: async () => {
      for await (const job of jobs.all(criteria.filter)) {
        if (compare(criteria, job).length === 0) return job
      }

      return undefined
    },
  })
}

/** All jobs that fit, newest first. */
export async function searchAll({ jobs, criteria }: Question): Promise<Job[]> {
  const found: Job[] = []
  for await (const job of jobs.all(criteria.filter)) {
    if (compare(criteria, job).length === 0) found.push(job)
  }

  return found
}
