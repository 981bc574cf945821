/** Whether a new job may exist beside others like it, and what it changes of the one that it finds. */
import type { Problem } from '../errors.ts'
import type { JobFields } from './fields.ts'
import {
  type Replace,
  type Replacement,
  replacementOf,
  replaceProblems,
  type Said,
} from './replace.ts'
import {
  type Unique,
  uniqueProblems,
  type UniqueRule,
  uniqueRule,
  warnOfStates,
} from '../unique.ts'

/** The options of a worker or a call that say so. */
export interface UniquenessOptions {
  readonly unique?: Unique | undefined
  readonly replace?: Replace | undefined
}

/** Both are absent from a job that is not unique. */
export interface Uniqueness {
  readonly unique?: UniqueRule | undefined
  readonly replace?: Replacement | undefined
}

const REPLACES_NOTHING: Problem = {
  path: 'replace',
  message: 'needs `unique`: what a job replaces is one like it that is there already',
}

/** What is wrong with the options, each for itself. */
export function uniquenessProblems({ unique, replace }: UniquenessOptions): Problem[] {
  return [...uniqueProblems(unique), ...replaceProblems(replace)]
}

/** Check the options of a worker, and warn of what can do no good. */
export function workerUniquenessProblems(name: string, options: UniquenessOptions): Problem[] {
  const problems = uniquenessProblems(options)
  if (problems.length > 0) return problems
  const rule = uniqueRule(options.unique, undefined)
  if (rule === undefined) return []
  if ('message' in rule) return [rule]
  warnOfStates(name, rule)

  return []
}

/**
 * What holds for a job: its call's options over those of its worker. What is wrong with the call's is
 * added to `problems`.
 */
export function readUniqueness(
  name: string,
  call: Said & UniquenessOptions,
  worker: Partial<JobFields> & UniquenessOptions,
  problems: Problem[],
): Uniqueness {
  // Most jobs say nothing of it.
  if (call.unique === undefined && call.replace === undefined && worker.unique === undefined) {
    return {}
  }
  const wrong = uniquenessProblems(call)
  problems.push(...wrong)
  if (wrong.length > 0) return {}
  const unique = uniqueRule(worker.unique, call.unique)
  if (unique === undefined) {
    if (call.replace !== undefined) problems.push(REPLACES_NOTHING)

    return {}
  }
  if ('message' in unique) {
    problems.push(unique)

    return {}
  }
  if (call.unique !== undefined) warnOfStates(name, unique)

  return { unique, replace: replacementOf(call.replace ?? worker.replace, call, worker) }
}
