/**
 * When two jobs are the same, as workers and callers say it. What it means for one job stands in
 * `job/likeness.ts`, how the database keeps to it in `engine/insert-unique.ts`.
 */
import type { Problem } from './errors.ts'
import { entryProblems, unknownKeyProblems } from './job/fields.ts'
import { textProblem } from './job/json.ts'
import { jobStates, type JobState } from './job.ts'
import { type Period, toSeconds } from './period.ts'
import { shown } from './shown.ts'
import { nearest } from './suggestion.ts'

const uniqueFields = ['args', 'meta', 'queue', 'worker'] as const

/** What of two jobs is compared. */
export type UniqueField = (typeof uniqueFields)[number]

const incomplete = ['suspended', 'available', 'scheduled', 'executing', 'retryable'] as const

const groups = {
  all: jobStates,
  incomplete,
  scheduled: ['scheduled'],
  successful: [...incomplete, 'completed'],
} as const satisfies Record<string, readonly JobState[]>

/** States by one name, as in Oban; `incomplete` is everything that may still run. */
export type UniqueStates = keyof typeof groups

const timestamps = { insertedAt: 'inserted_at', scheduledAt: 'scheduled_at' } as const

/** The names that arguments of this type may have. */
export type KeyOf<Args> = unknown extends Args
  ? string
  : Args extends unknown
    ? Extract<keyof Args, string>
    : never

interface UniqueRest {
  /**
   * How long a job stands in the way of others like it; a bare number is seconds. Default: 60
   * seconds, and `'infinity'` for `unique: true`
   */
  readonly period?: Period | 'infinity' | undefined
  /** In which states it stands in the way. Default: 'successful', all but cancelled and discarded */
  readonly states?: UniqueStates | readonly JobState[] | undefined
  /** What the period is counted from. Default: 'insertedAt' */
  readonly timestamp?: keyof typeof timestamps | undefined
}

interface UniqueByArgs<Key extends string> extends UniqueRest {
  /** Default: args, queue and worker */
  readonly fields?: readonly UniqueField[] | undefined
  /** Compare only these keys of args (and of meta). Default: none, so that all of it is compared */
  readonly keys?: readonly Key[] | undefined
}

interface UniqueByMeta extends UniqueRest {
  /** `meta` first lets `keys` name any key, as its keys are known to nobody. */
  readonly fields: readonly ['meta', ...UniqueField[]]
  readonly keys?: readonly string[] | undefined
}

/**
 * Which jobs are not to exist twice. `Key` is a name that the arguments may have.
 *
 * @see https://hexdocs.pm/oban/unique_jobs.html
 */
export type UniqueOptions<Key extends string = string> = UniqueByArgs<Key> | UniqueByMeta

/** `true`: the same worker, queue and args, for ever. `false`: switched off. */
export type Unique<Key extends string = string> = UniqueOptions<Key> | boolean

/** A rule, with every default in its place. */
export interface UniqueRule {
  readonly fields: readonly UniqueField[]
  readonly keys: readonly string[]
  readonly states: readonly JobState[]
  /** Null: for ever. */
  readonly periodSeconds: number | null
  readonly timestamp: (typeof timestamps)[keyof typeof timestamps]
}

const optionNames = ['period', 'fields', 'keys', 'states', 'timestamp'] satisfies ReadonlyArray<
  keyof UniqueOptions
>

function choiceProblem(
  value: unknown,
  known: readonly string[],
): Omit<Problem, 'path'> | undefined {
  if (typeof value === 'string' && known.includes(value)) return undefined
  const suggestion = typeof value === 'string' ? nearest(value, known) : undefined
  const problem = { message: `must be one of ${known.join(', ')}; got ${shown(value)}` }

  return suggestion === undefined ? problem : { ...problem, suggestion }
}

function choiceProblems(value: unknown, path: string, known: readonly string[]): Problem[] {
  const problem = choiceProblem(value, known)

  return problem === undefined ? [] : [{ path, ...problem }]
}

/** What is wrong with a list of known words, which must name one at least. */
export function wordProblems(value: unknown, path: string, known: readonly string[]): Problem[] {
  if (!Array.isArray(value) || value.length === 0) {
    return [{ path, message: `must be an array of ${known.join(', ')}; got ${shown(value)}` }]
  }

  return entryProblems(value, path, (item) => choiceProblem(item, known))
}

function keyProblems(value: unknown, path: string): Problem[] {
  if (!Array.isArray(value)) {
    return [{ path, message: `must be an array of strings, got ${shown(value)}` }]
  }

  return entryProblems(value, path, (key) => {
    if (typeof key !== 'string') return { message: `must be a string, got ${shown(key)}` }
    const message = textProblem(key)

    return message === undefined ? undefined : { message }
  })
}

function periodProblems(value: unknown, path: string): Problem[] {
  const seconds = toSeconds(value, path, { infinity: true })
  if (typeof seconds !== 'number') return [seconds]

  return seconds > 0 ? [] : [{ path, message: `must be more than 0, got ${shown(value)}` }]
}

/** What is wrong with the option, of a worker or of a call. */
export function uniqueProblems(unique: unknown): Problem[] {
  if (unique === undefined || typeof unique === 'boolean') return []
  if (typeof unique !== 'object' || unique === null || Array.isArray(unique)) {
    return [{ path: 'unique', message: `must be true, false or an object, got ${shown(unique)}` }]
  }
  if (Object.keys(unique).length === 0) {
    return [{ path: 'unique', message: 'must say something; `true` is the same job once for ever' }]
  }
  const { period, fields, keys, states, timestamp }: Record<string, unknown> = { ...unique }

  return [
    ...unknownKeyProblems(unique, optionNames).map((problem) => ({
      ...problem,
      path: `unique.${problem.path}`,
    })),
    ...(period === undefined ? [] : periodProblems(period, 'unique.period')),
    ...(fields === undefined ? [] : wordProblems(fields, 'unique.fields', uniqueFields)),
    ...(keys === undefined ? [] : keyProblems(keys, 'unique.keys')),
    ...(states === undefined ? [] : stateProblems(states)),
    ...(timestamp === undefined
      ? []
      : choiceProblems(timestamp, 'unique.timestamp', Object.keys(timestamps))),
  ]
}

function stateProblems(states: unknown): Problem[] {
  return typeof states === 'string'
    ? choiceProblems(states, 'unique.states', Object.keys(groups))
    : wordProblems(states, 'unique.states', jobStates)
}

/** Oban merges the two key by key; what is undefined says nothing. */
function merged(worker: Unique | undefined, call: Unique | undefined): UniqueOptions | undefined {
  if (call === false || (call === undefined && worker === false)) return undefined
  const both = [worker, call].flatMap((unique): UniqueOptions[] => {
    if (unique === undefined || unique === false) return []

    return [unique === true ? { period: 'infinity' } : unique]
  })
  if (both.length === 0) return undefined
  const said = both.flatMap((options) =>
    Object.entries(options).filter(([, value]) => value !== undefined),
  )

  return Object.fromEntries(said)
}

/**
 * The rule that holds for a job: the call's options over those of its worker over Oban's defaults.
 *
 * @param worker - without problems
 * @param call - without problems
 * @returns undefined when the job is not unique; or what is wrong with the two together
 */
export function uniqueRule(
  worker: Unique | undefined,
  call: Unique | undefined,
): Problem | UniqueRule | undefined {
  const options = merged(worker, call)
  if (options === undefined) return undefined
  const { period = 60, timestamp = 'insertedAt', states = 'successful' } = options
  const fields = uniqueFields.filter((field) =>
    (options.fields ?? ['args', 'queue', 'worker']).includes(field),
  )
  const keys = [...new Set(options.keys)].toSorted()
  if (keys.length > 0 && !fields.includes('args') && !fields.includes('meta')) {
    return { path: 'unique.keys', message: 'are keys of args or meta; add one to `fields`' }
  }
  const seconds = toSeconds(period, 'unique.period', { infinity: true })
  if (typeof seconds !== 'number') return seconds

  return {
    fields,
    keys,
    states: typeof states === 'string' ? groups[states] : [...new Set(states)],
    periodSeconds: seconds === Number.POSITIVE_INFINITY ? null : seconds,
    timestamp: timestamps[timestamp],
  }
}

/** Workers that were warned of, so that each is once. */
const warned = new Set<string>()

/**
 * Warn, once for each worker, of a rule that never finds the job inserted before: it has another
 * state. Oban warns when it compiles the worker.
 *
 * @see https://hexdocs.pm/oban/Oban.Job.html#t:unique_state/0
 */
export function warnOfStates(worker: string, { states }: UniqueRule): void {
  const isFound = states.some((state) => ['scheduled', 'available', 'suspended'].includes(state))
  if (isFound || warned.has(worker)) return
  warned.add(worker)
  const message =
    `worker "${worker}" is unique among ${states.join(', ')} jobs: no job is inserted in one of ` +
    'these states, so that two may be waiting; add available and scheduled, or use a group'
  process.emitWarning(message, { type: 'ObanWarning', code: 'OBAN_UNIQUE_STATES' })
}
