/** Which jobs a wait of a spy is for. */
import { systemClock } from '../clock.ts'
import { checkedId } from '../job/id.ts'
import { isJsonObject } from '../job/json.ts'
import { jobStates, type Job, type JobState } from '../job.ts'
import { InvalidFilterError } from '../management-errors.ts'
import { shown } from '../shown.ts'
import { nearest } from '../suggestion.ts'
import { type AnyWorker, isWorker } from '../worker/definition.ts'
import { compare, type Criteria, readCriteria } from './criteria.ts'
import type { Expectation } from './expectation.ts'

export interface OneJob {
  readonly kind: 'one'
  readonly id: number
}

export interface SomeJobs {
  readonly kind: 'some'
  readonly filter: Pick<Criteria['filter'], 'priority' | 'queue' | 'worker'>
  readonly fits: (job: Job) => boolean
  /** As it appears in a message: `of Media.Resize`. */
  readonly description: string
  readonly criteria: Criteria
}

function hasId(target: object): target is { readonly id: number } {
  return 'id' in target
}

function isTest(target: unknown): target is (job: Job) => unknown {
  return typeof target === 'function'
}

/**
 * @throws {InvalidFilterError} when it is none
 * @throws {InvalidIdError} when it is a number but no id
 */
export function readTarget(target: unknown): OneJob | SomeJobs {
  if (typeof target === 'number') return { kind: 'one', id: checkedId(target) }
  if (isTest(target)) return predicate(target)
  if (isWorker(target)) return some({ worker: target.name })
  if (!isJsonObject(target)) {
    const message = `must be an id, a job, a worker, an expectation or a function, got ${shown(target)}`
    throw new InvalidFilterError([{ path: 'target', message }])
  }
  if (hasId(target)) return { kind: 'one', id: checkedId(target.id) }
  if ('state' in target) {
    const message = 'is the second argument: waitFor({ worker, args }, state)'
    throw new InvalidFilterError([{ path: 'state', message }])
  }

  return some(target)
}

function read(expectation: Expectation<AnyWorker>): Criteria {
  return readCriteria(expectation, { deltaMs: 1_000, now: systemClock.now }, jobStates)
}

function some(expectation: Expectation<AnyWorker>): SomeJobs {
  const criteria = read(expectation)
  const list = criteria.list.filter(({ name }) => name !== 'state')
  const { state: _, ...filter } = criteria.filter
  const { worker } = filter
  const name = isWorker(worker) ? worker.name : worker
  const description = typeof name === 'string' ? ` of ${name}` : ''
  const asked = { ...criteria, list }

  return {
    kind: 'some',
    filter,
    fits: (job) => compare(asked, job).length === 0,
    description,
    criteria: asked,
  }
}

function predicate(test: (job: Job) => unknown): SomeJobs {
  const name = test.name === '' ? 'the function' : `\`${test.name}\``

  return {
    kind: 'some',
    filter: {},
    fits: (job) => Boolean(test(job)),
    description: ` for which ${name} is true`,
    criteria: { ...read({}), list: [] },
  }
}

/** @throws {InvalidFilterError} when one of them is no state */
export function readStates(given: unknown): readonly JobState[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  const wrong = list.find((state) => !jobStates.some((known) => known === state))
  if (list.length > 0 && wrong === undefined && !list.includes(undefined)) {
    return jobStates.filter((known) => list.includes(known))
  }
  const suggestion = typeof wrong === 'string' ? nearest(wrong, jobStates) : undefined
  const message = `must be a state (${jobStates.join(', ')}) or a list of them, got ${shown(given)}`
  throw new InvalidFilterError([
    { path: 'state', message, ...(suggestion !== undefined && { suggestion }) },
  ])
}
