/** What a new job changes of the one that stands in its way. */
import type { Problem } from '../errors.ts'
import { type JobFields, unknownKeyProblems } from './fields.ts'
import { jobStates, type JobState } from '../job.ts'
import { shown } from '../shown.ts'
import { wordProblems } from '../unique.ts'

const replaceable = [
  'args',
  'maxAttempts',
  'meta',
  'priority',
  'queue',
  'scheduledAt',
  'tags',
  'worker',
] as const

/** What can be replaced. */
export type ReplaceField = (typeof replaceable)[number]

/**
 * Fields to replace in the job that is there already; a list holds in every state, an object for each
 * state apart.
 *
 * @see https://hexdocs.pm/oban/unique_jobs.html#replacing-values
 */
export type Replace =
  | readonly ReplaceField[]
  | { readonly [State in JobState]?: readonly ReplaceField[] | undefined }

/** The fields that this very job replaces, by the state of the job it finds. */
export type Replacement = { readonly [State in JobState]?: readonly ReplaceField[] }

/** What is wrong with the option, of a worker or of a call. */
export function replaceProblems(replace: unknown): Problem[] {
  if (replace === undefined) return []
  if (Array.isArray(replace)) return wordProblems(replace, 'replace', replaceable)
  if (typeof replace !== 'object' || replace === null) {
    const message = `must be an array of fields, or an object of states; got ${shown(replace)}`

    return [{ path: 'replace', message }]
  }

  return [
    ...unknownKeyProblems(replace, jobStates).map(({ path, ...problem }) => ({
      ...problem,
      path: `replace.${path}`,
      message: 'is not a state',
    })),
    ...Object.entries(replace).flatMap(([state, fields]: [string, unknown]) =>
      fields === undefined ? [] : wordProblems(fields, `replace.${state}`, replaceable),
    ),
  ]
}

/** What a call said of a job. */
export type Said = { readonly [Name in Exclude<ReplaceField, 'args' | 'worker'>]?: unknown } & {
  readonly scheduleIn?: unknown
}

const defaults = { queue: 'default', maxAttempts: 20, priority: 0 } as const

/** Whether the call, or its worker, says anything of the field. What is a default changes nothing. */
function isGiven(field: ReplaceField, call: Said, worker: Partial<JobFields>): boolean {
  switch (field) {
    case 'args':
    case 'worker':
      return true
    case 'scheduledAt':
      return call.scheduledAt !== undefined || call.scheduleIn !== undefined
    case 'meta':
      return call.meta !== undefined
    case 'tags':
      return call.tags !== undefined || (worker.tags ?? []).length > 0
    case 'queue':
    case 'priority':
    case 'maxAttempts':
      return call[field] !== undefined || (worker[field] ?? defaults[field]) !== defaults[field]
    default:
      return field satisfies never
  }
}

/** The fields that are configured for a state and given in this job; undefined when there are none. */
export function replacementOf(
  replace: Replace | undefined,
  call: Said,
  worker: Partial<JobFields>,
): Replacement | undefined {
  if (replace === undefined) return undefined
  const given = new Set(replaceable.filter((field) => isGiven(field, call, worker)))
  const some = jobStates.flatMap((state) => {
    const wanted = isList(replace) ? replace : (replace[state] ?? [])
    const fields = wanted.filter((field) => given.has(field))

    return fields.length === 0 ? [] : [[state, fields] as const]
  })

  return some.length === 0 ? undefined : Object.fromEntries(some)
}

/** `Array.isArray` does not know lists that are read-only. */
function isList(replace: Replace): replace is readonly ReplaceField[] {
  return Array.isArray(replace)
}
