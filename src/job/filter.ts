/** Which jobs are meant, as callers say it. Values never become SQL: see `engine/search.ts`. */
import type { Problem } from '../errors.ts'
import { jobStates, type JobState } from '../job.ts'
import { InvalidFilterError } from '../management-errors.ts'
import { shown } from '../shown.ts'
import { nearest } from '../suggestion.ts'
import { type AnyWorker, isWorker } from '../worker/definition.ts'
import { orRefuse, UNREADABLE } from '../unreadable.ts'
import { entryProblems, normalizeTags, unknownKeyProblems } from './fields.ts'
import { copyAsJson, isJsonObject, type JsonObject, pathTo, textProblem } from './json.ts'

type OneOrMany<Value> = Value | readonly Value[]

/** Jobs that fit every member that is given; of a list, one value has to fit. */
export interface JobFilter {
  readonly ids?: OneOrMany<number>
  readonly state?: OneOrMany<JobState>
  readonly queue?: OneOrMany<string>
  /** Workers, or their names. */
  readonly worker?: OneOrMany<AnyWorker | string>
  /** 0 (first) to 9. */
  readonly priority?: OneOrMany<number>
  /** The job has all of them. */
  readonly tags?: OneOrMany<string>
  /** The job's args contain this: the same members, objects within objects, elements of lists. */
  readonly args?: JsonObject
  /** The same for its meta. */
  readonly meta?: JsonObject
}

/** A filter, or the one way to say that every job is meant. */
export type JobSelection = JobFilter | { readonly all: true }

/** What a call that changes many jobs is about: their ids, or a filter. */
export type ManyJobs = JobSelection | readonly number[]

/** Checked; a member that is absent lets every job pass. */
export interface CheckedFilter {
  readonly ids?: readonly number[]
  readonly states?: readonly JobState[]
  readonly queues?: readonly string[]
  readonly workers?: readonly string[]
  readonly priorities?: readonly number[]
  readonly tags?: readonly string[]
  readonly args?: JsonObject
  readonly meta?: JsonObject
}

export const filterKeys = [
  'ids',
  'state',
  'queue',
  'worker',
  'priority',
  'tags',
  'args',
  'meta',
] as const satisfies (keyof JobFilter)[]

/** What is wrong with one value of a list, or undefined. */
type Judge = (value: unknown) => Omit<Problem, 'path'> | undefined

const judgeId: Judge = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 1
    ? undefined
    : { message: `must be an id, a whole number from 1; got ${shown(value)}` }

const judgeState: Judge = (value) => {
  if (jobStates.some((state) => state === value)) return undefined
  const suggestion = typeof value === 'string' ? nearest(value, jobStates) : undefined
  const message = `must be a state (${jobStates.join(', ')}); got ${shown(value)}`

  return suggestion === undefined ? { message } : { message, suggestion }
}

const judgeText: Judge = (value) => {
  if (typeof value !== 'string' || value.trim() === '') {
    return { message: `must be a string that is not empty, got ${shown(value)}` }
  }
  const message = textProblem(value)

  return message === undefined ? undefined : { message }
}

const judgePriority: Judge = (value) =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 9
    ? undefined
    : { message: `must be an integer from 0 to 9, got ${shown(value)}` }

const LISTS: Readonly<Record<string, Judge>> = {
  ids: judgeId,
  state: judgeState,
  queue: judgeText,
  worker: judgeText,
  priority: judgePriority,
  tags: judgeText,
}

/** One value is a list of one; a worker is its name. */
function listProblems(path: string, value: unknown, judge: Judge): Problem[] {
  const judgeOne: Judge = (one) => judge(isWorker(one) ? one.name : one)
  if (!Array.isArray(value)) {
    const problem = judgeOne(value)

    return problem ? [{ path, ...problem }] : []
  }
  if (value.length === 0) {
    return [{ path, message: 'is an empty list, which no job fits; leave it out' }]
  }

  return entryProblems(value, path, judgeOne)
}

/** Where JSON would leave out a member: without it more jobs fit than are meant. */
function unsetPath(path: string, value: unknown): string | undefined {
  if (value === undefined) return path
  // What a toJSON leaves out it means to.
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return undefined
  const isArray = Array.isArray(value)
  for (const [key, member] of Object.entries(value)) {
    const found = unsetPath(pathTo(path, isArray ? Number(key) : key), member)
    if (found !== undefined) return found
  }

  return undefined
}

function partProblems(path: string, value: unknown): Problem[] {
  if (!isJsonObject(value)) {
    return [{ path, message: `must be an object that the job's contain, got ${shown(value)}` }]
  }
  const copy = copyAsJson(value, path)
  if ('problem' in copy) return [copy.problem]
  const unset = unsetPath(path, value)
  if (unset !== undefined) return [{ path: unset, message: 'is undefined; leave it out' }]
  const isEmpty = isJsonObject(copy.value) && Object.keys(copy.value).length === 0

  return isEmpty ? [{ path, message: 'is empty, so that every job fits; leave it out' }] : []
}

/** What is wrong with a filter; other keys are for whoever knows them. */
export function filterProblems(filter: object, otherKeys: readonly string[] = []): Problem[] {
  const unknown = unknownKeyProblems(filter, [...filterKeys, ...otherKeys])
  const problems = filterKeys.flatMap((path) => {
    if (!Object.hasOwn(filter, path)) return []
    const value: unknown = Reflect.get(filter, path)
    // A variable that was never set must not widen the search to every job.
    if (value === undefined) return [{ path, message: 'is undefined; leave it out' }]
    const judge = LISTS[path]

    return judge ? listProblems(path, value, judge) : partProblems(path, value)
  })

  return [...unknown, ...problems]
}

function listOf<Value>(value: OneOrMany<Value>): readonly Value[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- narrows a readonly array, too
  return Array.isArray(value) ? (value as readonly Value[]) : [value as Value]
}

/** The form that the database gets, of a filter without problems. */
export function checkedFilter(filter: JobFilter): CheckedFilter {
  const { ids, state, queue, worker, priority, tags, args, meta } = filter

  return {
    ...(ids !== undefined && { ids: [...new Set(listOf(ids))].toSorted((a, b) => a - b) }),
    ...(state !== undefined && { states: listOf(state) }),
    ...(queue !== undefined && { queues: listOf(queue) }),
    ...(worker !== undefined && {
      workers: listOf(worker).map((one) => (typeof one === 'string' ? one : one.name)),
    }),
    ...(priority !== undefined && { priorities: listOf(priority) }),
    ...(tags !== undefined && { tags: normalizeTags(listOf(tags)) }),
    ...(args !== undefined && { args }),
    ...(meta !== undefined && { meta }),
  }
}

/** `Array.isArray` does not narrow what is readonly. */
function isList(value: unknown): value is readonly number[] {
  return Array.isArray(value)
}

/** Said by the caller, not by a prototype. */
function isEveryJob(selection: JobSelection): selection is { readonly all: true } {
  return Object.hasOwn(selection, 'all')
}

/**
 * Read which jobs a call that changes many is about: ids, a filter, or `{ all: true }`.
 *
 * @returns undefined when it is about none, as an empty list of ids
 * @throws {InvalidFilterError} when it is not clear, or an empty filter would mean every job
 */
export function parseSelection(selection: ManyJobs): CheckedFilter | undefined {
  return readFilter(() => readSelection(selection))
}

/**
 * Read what a caller gave for a filter.
 *
 * @throws {InvalidFilterError} of the reading, or when a getter or a proxy throws
 */
export function readFilter<Value>(read: () => Value): Value {
  return orRefuse(read, (cause) => {
    if (cause instanceof InvalidFilterError) return cause

    return new InvalidFilterError([{ path: '', message: UNREADABLE }], { cause })
  })
}

function readSelection(selection: ManyJobs): CheckedFilter | undefined {
  if (isList(selection)) return selection.length === 0 ? undefined : parse({ ids: selection })
  if (!isJsonObject(selection)) {
    const message = `must be a list of ids or a filter, got ${shown(selection)}`
    throw new InvalidFilterError([{ path: '', message }])
  }
  if (!isEveryJob(selection)) return parse(selection)
  const others = Object.keys(selection).filter((key) => key !== 'all')
  if (others.length > 0) {
    const message = `excludes ${others.join(', ')}; give a filter, or \`all\``
    throw new InvalidFilterError([{ path: 'all', message }])
  }
  const all: unknown = selection.all
  if (all !== true) {
    throw new InvalidFilterError([{ path: 'all', message: `must be true, got ${shown(all)}` }])
  }

  return {}
}

function parse(filter: JobFilter): CheckedFilter {
  const problems = filterProblems(filter, ['all'])
  if (problems.length === 0 && Object.keys(filter).length === 0) {
    problems.push({ path: '', message: 'is empty; if every job is meant, pass { all: true }' })
  }
  if (problems.length > 0) throw new InvalidFilterError(problems)

  return checkedFilter(filter)
}
