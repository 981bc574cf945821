/** Where a value is not what an expectation asks for. */
import { isJsonObject, pathTo } from '../job/json.ts'
import type { Job } from '../job.ts'
import { display, isWildcard } from './wildcard.ts'

export interface Difference {
  /** `args.width`, `scheduledAt`. */
  readonly path: string
  /** Both as they appear in a message; most differences appear in none. */
  readonly expected: () => string
  readonly found: () => string
}

/** One member of an expectation. */
export interface Criterion {
  readonly name: string
  /** As it appears in a message. */
  readonly expected: string
  /** What test runners show beside the same member of a job. */
  readonly value: unknown
  readonly differences: (job: Job<unknown>) => readonly Difference[]
  /** The same of a job, without the members that nobody asked for. */
  readonly found: (job: Job<unknown>) => unknown
}

function differ(path: string, expected: unknown, found: unknown): Difference[] {
  const shown = () => (found === undefined ? 'nothing' : display(found))

  return [{ path, expected: () => display(expected), found: shown }]
}

/** Where words stand for what was compared. */
export function differInWords(path: string, expected: string, found: string): Difference[] {
  return [{ path, expected: () => expected, found: () => found }]
}

/**
 * Compare a part with a whole, as `@>` of PostgreSQL does: the whole may have more members; of a list, each
 * element has to fit one of the other's, in any order. An empty list fits only an empty one, as whoever
 * writes `[]` means that.
 *
 * @param expected - JSON, with wildcards
 */
export function differences(path: string, expected: unknown, found: unknown): Difference[] {
  if (isWildcard(expected)) {
    return expected.asymmetricMatch(found) ? [] : differ(path, expected, found)
  }
  if (Array.isArray(expected)) return listDifferences(path, expected, found)
  if (!isJsonObject(expected)) return expected === found ? [] : differ(path, expected, found)
  if (!isJsonObject(found)) return differ(path, expected, found)

  return Object.entries(expected).flatMap(([key, part]) => {
    const value: unknown = Object.hasOwn(found, key) ? found[key] : undefined

    return differences(pathTo(path, key), part, value)
  })
}

function listDifferences(path: string, expected: readonly unknown[], found: unknown): Difference[] {
  if (!Array.isArray(found)) return differ(path, expected, found)
  if (expected.length === 0) return found.length === 0 ? [] : differ(path, expected, found)
  const isThere = (part: unknown) =>
    found.some((value) => differences(path, part, value).length === 0)

  return expected.every(isThere) ? [] : differ(path, expected, found)
}

/** Of what was found, what was asked for. */
export function project(expected: unknown, found: unknown): unknown {
  if (isWildcard(expected) || !isJsonObject(expected) || !isJsonObject(found)) return found
  const asked = Object.keys(expected).filter((key) => Object.hasOwn(found, key))

  return Object.fromEntries(asked.map((key) => [key, project(expected[key], found[key])]))
}
