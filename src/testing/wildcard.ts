/**
 * Values of an expectation that stand for many. What vitest and jest offer as `expect.any(String)` is
 * known by its one method, so that neither is needed here.
 */
import { inspect } from 'node:util'

/** Fits the values for which it says so; the asymmetric matchers of vitest and jest are ones. */
export interface Wildcard {
  asymmetricMatch(value: unknown): boolean
  /** What messages call it. */
  toString(): string
}

export function isWildcard(value: unknown): value is Wildcard {
  return (
    typeof value === 'object' &&
    value !== null &&
    'asymmetricMatch' in value &&
    typeof value.asymmetricMatch === 'function'
  )
}

/** What a wildcard is called in a message, in vitest's and jest's own words for theirs. */
function nameOf(wildcard: Wildcard): string {
  const known = Object(wildcard)
  if (typeof known.toAsymmetricMatcher === 'function') return String(known.toAsymmetricMatcher())

  return 'sample' in known ? `${String(wildcard)} ${inspect(known.sample)}` : String(wildcard)
}

/** Shows itself as a bare word, where a string would be put in quotes. */
class Word {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  [inspect.custom](): string {
    return this.#text
  }
}

function withNames(value: unknown): unknown {
  if (isWildcard(value)) return new Word(nameOf(value))
  if (Array.isArray(value)) return value.map(withNames)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) === null) {
    return value
  }
  // A date, and what else is not a plain object, shows itself.
  if (Object.prototype.toString.call(value) !== '[object Object]') return value

  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withNames(each)]))
}

/** Longer texts are cut: a whole document among the arguments would hide what differs. */
const MOST_CHARACTERS = 300

/** A value in one line of a message, wildcards by their names. */
export function display(value: unknown): string {
  const text = inspect(withNames(value), {
    depth: 5,
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 100,
    maxArrayLength: 20,
    sorted: false,
  })

  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`
}

/**
 * Fits any value that is there, `null` too.
 *
 * @example
 * ```ts
 * await assertEnqueued({ worker: 'Media.Resize', args: { path: anything } })
 * ```
 */
export const anything: Wildcard = {
  asymmetricMatch: (value) => value !== undefined,
  toString: () => 'anything',
}

/**
 * Fits the values for which a function returns true; where there is no `expect.any()`, as in node:test.
 *
 * @example
 * ```ts
 * await assertEnqueued({ args: { width: matching((width) => Number(width) > 80) } })
 * ```
 *
 * @param test - gets the value as JSON holds it, `undefined` when there is none
 * @param name - what messages call it. Default: the name of the function
 */
export function matching(test: (value: unknown) => boolean, name = test.name): Wildcard {
  return {
    asymmetricMatch: test,
    toString: () => (name === '' ? 'matching(…)' : `matching(${name})`),
  }
}
