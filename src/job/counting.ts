/** How many jobs there are, as callers ask for it. */
import { ConfigError, type Problem } from '../errors.ts'
import { type JobState, jobStates } from '../job.ts'
import { shown } from '../shown.ts'
import { wordProblems } from '../unique.ts'
import { orRefuse, UNREADABLE } from '../unreadable.ts'
import { objectOf } from './call-options.ts'
import { unknownKeyProblems } from './fields.ts'

/** Jobs of one queue in one state. */
export interface JobCount {
  readonly queue: string
  readonly state: JobState
  readonly count: number
}

export interface CountOptions {
  /** Default: those that wait or run, and so neither completed, cancelled nor discarded ones */
  readonly states?: readonly JobState[] | undefined
  /** Jobs of one state, in all queues, at which the counting of it ends. Default: 100_000 */
  readonly upTo?: number | undefined
}

/** Those that are counted, and how far. */
export interface Counting {
  readonly states: readonly JobState[]
  readonly upTo: number
}

const UNENDED = ['available', 'scheduled', 'executing', 'retryable', 'suspended'] as const

/** @throws {ConfigError} when an option cannot be used */
export function parseCounting(options: CountOptions): Counting {
  const given = objectOf(options)
  const { states = UNENDED, upTo = 100_000 } = given
  const problems: Problem[] = unknownKeyProblems(given, ['states', 'upTo'])
  problems.push(
    ...orRefuse(
      () => wordProblems(states, 'states', jobStates),
      (cause) => new ConfigError([{ path: 'states', message: UNREADABLE }], { cause }),
    ),
  )
  if (!Number.isInteger(upTo) || upTo < 1 || upTo >= 2 ** 31) {
    const message = `must be a whole number from 1 to 2147483647, got ${shown(upTo)}`
    problems.push({ path: 'upTo', message })
  }
  if (problems.length > 0) throw new ConfigError(problems)

  return { states, upTo }
}
