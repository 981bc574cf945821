/** What `drainQueue` accepts: checks and defaults. */
import type { Config, QueueConfig } from '../config.ts'
import { z } from 'zod'
import { type Instant, readInstant } from '../job/instant.ts'
import { check } from './check.ts'
import { parseQueue } from './queue.ts'
import { limit } from './queue-schema.ts'
import { bag, trueOrFalse } from './values.ts'

/** @see https://hexdocs.pm/oban/Oban.html#drain_queue/2 */
export interface DrainOptions {
  /** Jobs that run at once, 1 or more. Default: 1 */
  readonly limit?: number | undefined
  /** Most jobs of a round, 1 or more. Default: all that are available */
  readonly withLimit?: number | undefined
  /** Go on, round after round, with the jobs that jobs have enqueued. Default: false */
  readonly withRecursion?: boolean | undefined
  /** Count a job that fails; false ends the drain and throws its error. Default: true */
  readonly withSafety?: boolean | undefined
  /**
   * Run jobs that are scheduled or wait for a retry too: all of them, or those that are due at a
   * moment. Default: false
   */
  readonly withScheduled?: Instant | boolean | undefined
}

/** A drain whose options have been checked. */
export interface DrainPlan {
  readonly queue: QueueConfig
  /** Jobs of a round; Infinity for all. */
  readonly most: number
  readonly isRecursive: boolean
  readonly isSafe: boolean
  /** Until when jobs are due that are not available yet, as PostgreSQL reads it. */
  readonly dueUntil: string | undefined
}

/** Jobs that one statement claims: more would take longer than a statement may. */
export const CLAIMED_AT_ONCE = 1_000

const scheduled = z.unknown().transform((given, context): string | undefined => {
  if (given === false) return undefined
  if (given === true) return 'infinity'
  const moment = readInstant(given, 'withScheduled')
  if (typeof moment === 'string') return moment
  context.addIssue(`is neither true nor false, and ${moment.message}`)

  return z.NEVER
})

const drainOptions = bag({
  limit: limit.default(1),
  withLimit: limit.default(Infinity),
  withRecursion: trueOrFalse().default(false),
  withSafety: trueOrFalse().default(true),
  withScheduled: scheduled.prefault(false),
})

/**
 * Check what is to be drained, and how.
 *
 * @throws {ConfigError} with every problem of the options, or that of the queue's name
 */
export function planDrain(
  queue: string,
  options: DrainOptions,
  { workers }: Pick<Config, 'workers'>,
): DrainPlan {
  const { limit: atOnce, withLimit, ...given } = check(drainOptions, options)
  const { withRecursion, withSafety, withScheduled } = given
  // Its producer is marked as one that claims ahead: jobs that never began are not blamed for its end.
  const settings = { limit: atOnce, execution: 'inline', prefetch: CLAIMED_AT_ONCE } as const

  return {
    queue: parseQueue(queue, settings, { workers }),
    most: withLimit,
    isRecursive: withRecursion,
    isSafe: withSafety,
    dueUntil: withScheduled,
  }
}
