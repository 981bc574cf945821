/** The rules for the columns that a caller sets, the same for a worker and for a single job. */
import type { Problem } from '../errors.ts'
import { textProblem } from './json.ts'
import { shown } from '../shown.ts'
import { nearest } from '../suggestion.ts'

/** Oban's own CHECK is `char_length < 128`. */
const maxNameLength = 127

/** oban-py's schema keeps the number in a smallint. */
const maxSmallint = 32_767

export interface JobFields {
  readonly queue: string
  readonly maxAttempts: number
  readonly priority: number
  readonly tags: readonly string[]
}

function nameProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return `must be a string, got ${shown(value)}`
  if (value.trim() === '') return 'must not be empty'

  const length = value.length > maxNameLength ? charactersOf(value) : value.length
  if (length > maxNameLength) return `must have at most ${maxNameLength} characters, has ${length}`

  return textProblem(value)
}

/**
 * As PostgreSQL counts them; `length` would count an emoji twice. Of what is longer still, nobody has to know
 * how long.
 */
function charactersOf(text: string): number {
  return text.length > 1_000 ? text.length : Array.from(text).length
}

/** What is wrong with the name of a worker or queue. */
export function nameProblems(value: unknown, path: string): Problem[] {
  const message = nameProblem(value)

  return message === undefined ? [] : [{ path, message }]
}

function integerProblems(value: unknown, path: string, min: number, max: number): Problem[] {
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return []

  return [{ path, message: `must be an integer from ${min} to ${max}, got ${shown(value)}` }]
}

/** More would make a message that nobody reads. */
const maxProblems = 10

/**
 * What is wrong with the entries of a list, up to ten. Holes are entries too, which the methods of arrays
 * pass over; and a sparse array may claim to have four billion of them.
 *
 * @param judge - gives what is wrong with one, without its path
 */
export function entryProblems(
  list: readonly unknown[],
  path: string,
  judge: (entry: unknown) => Omit<Problem, 'path'> | undefined,
): Problem[] {
  const problems: Problem[] = []
  for (const [index, entry] of list.entries()) {
    const problem = judge(entry)
    if (problem === undefined) continue
    problems.push({ path: `${path}[${index}]`, ...problem })
    if (problems.length >= maxProblems) break
  }

  return problems
}

function tagProblem(tag: unknown): Omit<Problem, 'path'> | undefined {
  if (typeof tag !== 'string') return { message: `must be a string, got ${shown(tag)}` }
  const message = textProblem(tag)

  return message === undefined ? undefined : { message }
}

function tagProblems(tags: unknown): Problem[] {
  if (Array.isArray(tags)) return entryProblems(tags, 'tags', tagProblem)

  return [{ path: 'tags', message: `must be an array of strings, got ${shown(tags)}` }]
}

/** Everything that is wrong with the fields. */
export function fieldProblems(fields: JobFields): Problem[] {
  return [
    ...nameProblems(fields.queue, 'queue'),
    ...integerProblems(fields.maxAttempts, 'maxAttempts', 1, maxSmallint),
    ...integerProblems(fields.priority, 'priority', 0, 9),
    ...tagProblems(fields.tags),
  ]
}

/** A problem for each key that is not known, with the one that was probably meant. */
export function unknownKeyProblems(options: object, known: readonly string[]): Problem[] {
  return Object.keys(options)
    .filter((key) => !known.includes(key))
    .slice(0, maxProblems)
    .map((key) => {
      const suggestion = nearest(key, known)
      const path = key.length > maxNameLength ? `${key.slice(0, maxNameLength)}…` : key
      const problem = { path, message: 'is not an option' }

      return suggestion === undefined ? problem : { ...problem, suggestion }
    })
}

/** Tags as Oban stores them: trimmed, in lower case, without repetitions, in the order given. */
export function normalizeTags(tags: readonly string[]): string[] {
  if (tags.length === 0) return []
  const cleaned = tags.map((tag) => tag.trim().toLowerCase()).filter((tag) => tag !== '')

  return [...new Set(cleaned)]
}
