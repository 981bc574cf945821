/** Which jobs are meant, as the command line says it. */
import { InvalidFilterError } from '../../management-errors.ts'
import type { CheckedFilter, JobFilter } from '../../job/filter.ts'
import { parseSelection } from '../../job/filter.ts'
import { isJsonObject, type JsonObject } from '../../job/json.ts'
import { parseListing, type Listing, type ListOptions } from '../../job/listing.ts'
import { jobStates, type JobState } from '../../job.ts'
import { UsageError, type OptionSpecs, type OptionValues } from '../command.ts'

export const filterOptions = {
  state: {
    type: 'string',
    value: 'states',
    words: jobStates,
    multiple: true,
    description: 'in one of these states: available,retryable',
  },
  queue: { type: 'string', value: 'queues', multiple: true, description: 'in one of these queues' },
  worker: {
    type: 'string',
    value: 'names',
    multiple: true,
    description: 'of one of these workers',
  },
  tag: { type: 'string', value: 'tags', multiple: true, description: 'with all of these tags' },
  priority: {
    type: 'string',
    value: 'numbers',
    multiple: true,
    description: 'with one of these priorities, 0 (first) to 9',
  },
  args: {
    type: 'string',
    value: 'json',
    description: `whose args contain this: '{"account":7}'`,
  },
  meta: { type: 'string', value: 'json', description: 'whose meta contains this' },
} as const satisfies OptionSpecs

export type FilterValues = OptionValues<typeof filterOptions>

/** `--state a,b --state c` */
function words(given: readonly string[]): string[] {
  return given.flatMap((value) => value.split(',')).map((word) => word.trim())
}

function numbers(option: string, given: readonly string[]): number[] {
  return words(given).map((word) => {
    if (!/^\d{1,16}$/.test(word)) throw new UsageError(`${option}: "${word}" is not a number`)

    return Number(word)
  })
}

function isState(word: string): word is JobState {
  return jobStates.some((state) => state === word)
}

/** A word that is no state goes on: the filter's own check says what is near. */
function states(given: readonly string[]): JobState[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked with the filter
  return words(given).map((word) => (isState(word) ? word : (word as JobState)))
}

function json(option: string, given: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(given)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new UsageError(
      `${option} is not JSON (${error.message}); quote it for the shell: ${option} '{"key":"value"}'`,
    )
  }
  if (isJsonObject(value)) return value
  throw new UsageError(`${option} is a JSON object that the jobs' contain, as '{"key":"value"}'`)
}

/** The ids of jobs that were given beside the options. */
export function idsOf(operands: readonly string[]): number[] {
  return operands.flatMap((operand) =>
    words([operand]).map((word) => {
      if (/^\d{1,16}$/.test(word) && Number(word) > 0) return Number(word)
      throw new UsageError(`"${word}" is not the id of a job, which is a whole number from 1`)
    }),
  )
}

/** The conditions that were given; none when there are none. */
export function filterOf(given: FilterValues, ids: readonly number[] = []): JobFilter {
  const { state, queue, worker, tag, priority, args, meta } = given

  return {
    ...(ids.length > 0 && { ids }),
    ...(state && { state: states(state) }),
    ...(queue && { queue: words(queue) }),
    ...(worker && { worker: words(worker) }),
    ...(tag && { tags: words(tag) }),
    ...(priority && { priority: numbers('--priority', priority) }),
    ...(args !== undefined && { args: json('--args', args) }),
    ...(meta !== undefined && { meta: json('--meta', meta) }),
  }
}

/** What the filter's problems are called on the command line. */
const OPTION: Readonly<Record<string, string>> = { tags: '--tag', ids: 'ids' }

/** Problems of a filter are mistakes of the command line. */
function asUsage<Result>(check: () => Result): Result {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof InvalidFilterError)) throw error
    const lines = error.problems.map(({ path, message, suggestion }) => {
      const [name = ''] = path.split(/[.[]/)
      const hint = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`

      return `${OPTION[name] ?? `--${name}`} ${message}${hint}`
    })
    throw new UsageError(lines.join('; '))
  }
}

/** @throws {UsageError} with all that is wrong */
export function listingOf(options: ListOptions): Listing {
  return asUsage(() => parseListing(options))
}

/**
 * Which jobs are to be changed.
 *
 * @throws {UsageError} when it is not said, or every job would be meant without saying so
 */
export function selectionOf(filter: JobFilter, all: boolean): CheckedFilter {
  const isEmpty = Object.keys(filter).length === 0
  if (isEmpty && !all) {
    throw new UsageError('which jobs? Give their ids, a filter as --state discarded, or --all')
  }
  if (!isEmpty && all) throw new UsageError('--all means every job; leave out it or the filter')

  return asUsage(() => parseSelection(all ? { all: true } : filter)) ?? {}
}
