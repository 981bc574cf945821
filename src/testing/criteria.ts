/** An expectation that was checked: what the database looks for, and how a job is compared with it. */
import type { Problem } from '../errors.ts'
import { normalizeTags, unknownKeyProblems } from '../job/fields.ts'
import { filterProblems, type JobFilter } from '../job/filter.ts'
import { isJsonObject } from '../job/json.ts'
import { jobStates, type Job, type JobState } from '../job.ts'
import { InvalidFilterError } from '../management-errors.ts'
import { shown } from '../shown.ts'
import { type AnyWorker, isWorker } from '../worker/definition.ts'
import { type Criterion, type Difference, differences } from './difference.ts'
import { differInWords, project } from './difference.ts'
import type { Expectation } from './expectation.ts'
import { readPart } from './part.ts'
import { scheduledInCriterion, type Tolerance, timeCriterion } from './times.ts'
import { display, isWildcard } from './wildcard.ts'

export interface Criteria {
  readonly list: readonly Criterion[]
  /** What the database can look for; `list` has it, too. */
  readonly filter: Pick<JobFilter, 'priority' | 'queue' | 'state' | 'worker'>
  /** Who has said in which states a job may be. */
  readonly statesOf: 'default' | 'test'
}

type Name = keyof Expectation
type Reader = (name: Name, value: unknown, tolerance: Tolerance) => Criterion | readonly Problem[]

/** The states of jobs that have yet to run. */
const waiting: readonly JobState[] = ['available', 'scheduled', 'suspended']

function plain(name: Name, value: unknown): Criterion {
  const read = (job: Job<unknown>): unknown => Reflect.get(job, name)

  return {
    name,
    expected: display(value),
    value,
    differences: (job) => differences(name, value, read(job)),
    found: (job) => project(value, read(job)),
  }
}

/** What filters of jobs have too is checked as they do. */
const filtered: Reader = (name, value) => {
  if (isWildcard(value)) return plain(name, value)
  const problems = filterProblems({ [name]: value })
  if (problems.length > 0) return problems
  const stored = isWorker(value) ? value.name : value

  return plain(name, stored)
}

const tags: Reader = (name, value, tolerance) => {
  const checked = filtered(name, value, tolerance)
  if (isProblems(checked) || isWildcard(value)) return checked
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]

  return plain(name, normalizeTags(list.filter((tag) => typeof tag === 'string')))
}

const state: Reader = (name, value, tolerance) => {
  const checked = filtered(name, value, tolerance)

  return isProblems(checked) || isWildcard(value) ? checked : among(statesIn(value))
}

const count: Reader = (name, value) => {
  if (isWildcard(value) || Number.isInteger(value)) return plain(name, value)

  return [{ path: name, message: `must be a whole number, got ${shown(value)}` }]
}

const part: Reader = (name, value) => {
  const { value: json, problems } = readPart(name, value)

  return problems.length > 0 ? problems : plain(name, json)
}

const time: Reader = (name, value, tolerance) =>
  isWildcard(value) ? plain(name, value) : timeCriterion(name, value, tolerance)

const readers: Readonly<Record<Name, Reader>> = {
  worker: filtered,
  args: part,
  meta: part,
  queue: filtered,
  tags,
  priority: filtered,
  maxAttempts: count,
  attempt: count,
  state,
  scheduledAt: time,
  scheduledIn: scheduledInCriterion,
  insertedAt: time,
  attemptedAt: time,
  completedAt: time,
  cancelledAt: time,
  discardedAt: time,
}

function isProblems(read: Criterion | readonly Problem[]): read is readonly Problem[] {
  return Array.isArray(read)
}

function isName(key: string): key is Name {
  return Object.hasOwn(readers, key)
}

function statesIn(value: unknown): readonly JobState[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]

  return jobStates.filter((known) => list.includes(known))
}

function among(states: readonly JobState[]): Criterion {
  const expected = inWords(states)

  return {
    name: 'state',
    expected,
    value: expected,
    differences: (job) =>
      states.includes(job.state) ? [] : differInWords('state', expected, job.state),
    found: (job) => (states.includes(job.state) ? expected : job.state),
  }
}

function inWords(words: readonly string[]): string {
  return words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
}

/**
 * Check an expectation. A state that is not named is that of a job which waits.
 *
 * @throws {InvalidFilterError} with all that is wrong, so that no slip makes a test pass
 */
export function readCriteria(
  expectation: Expectation<AnyWorker>,
  tolerance: Tolerance,
  usual: readonly JobState[] = waiting,
): Criteria {
  const given: unknown = expectation
  if (isWorker(given)) {
    const message = `is the worker ${given.name}; write { worker: … }`
    throw new InvalidFilterError([{ path: '', message }])
  }
  if (!isJsonObject(given)) {
    const message = `must be an object such as { worker, args }, got ${shown(given)}`
    throw new InvalidFilterError([{ path: '', message }])
  }
  const problems: Problem[] = unknownKeyProblems(given, Object.keys(readers))
  const list: Criterion[] = []
  for (const [key, value] of Object.entries(given)) {
    if (!isName(key)) continue
    const read = readers[key](key, value, tolerance)
    if (isProblems(read)) problems.push(...read)
    else list.push(read)
  }
  if (problems.length > 0) throw new InvalidFilterError(problems)
  const statesOf = 'state' in given ? 'test' : 'default'
  if (statesOf === 'default') list.push(among(usual))

  return { list, filter: filterOf(expectation, usual), statesOf }
}

function filterOf(
  { worker, queue, priority, state: given }: Expectation<AnyWorker>,
  usual: readonly JobState[],
): Criteria['filter'] {
  const states = given ?? usual

  return {
    ...(worker !== undefined && !isWildcard(worker) && { worker }),
    ...(queue !== undefined && !isWildcard(queue) && { queue }),
    ...(priority !== undefined && !isWildcard(priority) && { priority }),
    ...(!isWildcard(states) && { state: states }),
  }
}

/** Where a job is not what is expected; nowhere, when it fits. */
export function compare({ list }: Criteria, job: Job<unknown>): Difference[] {
  return list.flatMap((criterion) => criterion.differences(job))
}
