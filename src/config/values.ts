/** The building blocks of the schema: each refusal says what is expected and what was found. */
import { z } from 'zod'
import { LONGEST_DELAY_MS } from '../clock.ts'
import { attempt, found, isPlain } from './input.ts'
import { textProblem } from '../job/json.ts'
import { sumMilliseconds, unitMs } from '../period.ts'

interface Expectation {
  /** Completes "expected …". */
  readonly expected: string
  /** Words that the value may be, for "did you mean …?". */
  readonly known?: readonly string[]
  readonly describe?: (value: unknown) => string
}

/** What a problem's key or value may have been meant as; zod carries it along as `params`. */
export interface KnownWords {
  /** The keys of an object, for a key that is none of them. */
  readonly keys?: readonly string[] | undefined
  /** The values of an option, for a value that is none of them. */
  readonly words?: readonly string[] | undefined
}

export function knownWords(params: KnownWords | undefined): KnownWords {
  return params ?? {}
}

/**
 * A value that passes the test, or one problem that says what is expected and what was found.
 *
 * Never aborts: zod would skip the checks across options after it, and so tell half the problems.
 */
export function value<T>(test: (value: unknown) => boolean, expectation: Expectation) {
  const { expected, known, describe = found } = expectation

  return z.custom<T>((given) => attempt(() => test(given), false), {
    abort: false,
    error: ({ input }) => `expected ${expected}, found ${describe(input)}`,
    params: { words: known } satisfies KnownWords,
  })
}

/** Whether nothing is wrong so far: checks across keys must not meet what their types exclude. */
export function isSound({ issues }: z.core.ParsePayload): boolean {
  return issues.length === 0
}

/** An object with these keys only. */
export function bag<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape)
  const list = known.length === 0 ? 'no keys' : known.join(', ')
  const expected = `expected an object with ${list}`
  const unknownKey = z.custom<never>(() => false, {
    abort: false,
    error: `is not an option; there are ${list}`,
    params: { keys: known } satisfies KnownWords,
  })

  return plain(expected).pipe(z.object(shape).catchall(unknownKey))
}

/** An object with keys of the caller's choice, all of one kind. */
export function record<Value>(
  keys: string,
  isKey: (key: string) => boolean,
  entry: z.ZodType<Value>,
) {
  const key = value<string>((given) => typeof given === 'string' && isKey(given), {
    expected: keys,
  })

  return plain('expected an object').pipe(
    z.record(key, entry, { error: ({ input }) => `expected ${keys}, found ${found(input)}` }),
  )
}

/** An object without a class: reading the keys of others would run their getters. */
function plain(expected: string) {
  return z.custom<Record<string, unknown>>(isPlain, {
    abort: false,
    error: ({ input }) => `${expected}, found ${found(input)}`,
  })
}

/** The schema that a look at the value picks: the problems of one reading instead of those of all. */
export function either<T>(pick: (value: unknown) => z.ZodType<T>): z.ZodType<T> {
  return z.unknown().transform((given, context) => {
    const result = pick(given).safeParse(given, { reportInput: true })
    if (result.success) return result.data

    for (const issue of result.error.issues) {
      const { path, message, input } = issue
      const params = issue.code === 'custom' ? issue.params : undefined
      context.addIssue({ code: 'custom', path, message, input, params })
    }

    return z.NEVER
  })
}

export function oneOf<const Word extends string>(...words: readonly Word[]) {
  const expected = words.map((word) => `'${word}'`).join(' or ')

  return value<Word>((given) => words.some((word) => word === given), { expected, known: words })
}

export function integer(least: number, most: number) {
  return value<number>(
    (given) => Number.isInteger(given) && Number(given) >= least && Number(given) <= most,
    { expected: `a whole number from ${least} to ${most}` },
  )
}

/** A string that PostgreSQL can store (no U+0000, no half of a surrogate pair) and that passes the test. */
export function text(expected: string, test: (text: string) => boolean, describe = found) {
  return value<string>(
    (given) => typeof given === 'string' && textProblem(given) === undefined && test(given),
    { expected, describe },
  )
}

const amount = value<number>((given) => Number.isFinite(given) && Number(given) >= 0, {
  expected: 'a number from 0',
}).optional()

const units = Object.fromEntries(Object.keys(unitMs).map((unit) => [unit, amount]))

/** A duration, in milliseconds. A bare number is refused: Oban reads some as seconds, some not. */
export function duration(leastMs: number): z.ZodType<number> {
  const inRange = bag(units)
    .refine((given) => Object.values<unknown>(given).some((number) => number !== undefined), {
      error: 'expected a unit, such as { seconds: 1 }, found none',
      when: isSound,
    })
    .transform((given) => Math.round(sumMilliseconds(given)))
    .refine((ms) => ms >= leastMs && ms <= LONGEST_DELAY_MS, {
      error: ({ input }) =>
        `expected ${leastMs} ms to ${LONGEST_DELAY_MS} ms (24 days), found ${found(input)} ms`,
    })
  const bareNumber = z.custom<never>(() => false, {
    abort: false,
    error: ({ input: n }) =>
      `expected a unit, found the bare number ${found(n)}: { seconds: ${found(n)} } or { milliseconds: ${found(n)} }?`,
  })

  return either((given) => (typeof given === 'number' ? bareNumber : inRange))
}

/** A hundred years: a moment so long ago is one that PostgreSQL still has. */
const OLDEST_SECONDS = 36_525 * 86_400

function isAge(seconds: number): boolean {
  return seconds >= 1 && seconds <= OLDEST_SECONDS
}

function forever(): z.ZodType<number> {
  return value<'infinity'>((given) => given === 'infinity', {
    expected: "a duration such as { seconds: 30 }, or 'infinity'",
    known: ['infinity'],
  }).transform(() => Number.POSITIVE_INFINITY)
}

/** How old something may get, in seconds, from 1; `Infinity` for ever. A bare number is of seconds. */
export function age(): z.ZodType<number> {
  const inRange = bag(units)
    .transform((given) => sumMilliseconds(given) / 1_000)
    .refine(isAge, {
      error: ({ input }) => `expected 1 second to 100 years, found ${found(input)} seconds`,
      when: isSound,
    })
  const seconds = value<number>((given) => typeof given === 'number' && isAge(given), {
    expected: '1 second to 100 years',
  })

  return either((given) => {
    if (typeof given === 'number') return seconds

    return typeof given === 'string' ? forever() : inRange
  })
}

/** A duration, or 'infinity' for as long as it takes. */
export function durationOrForever(leastMs: number): z.ZodType<number> {
  return either((given) => (typeof given === 'string' ? forever() : duration(leastMs)))
}

export function trueOrFalse() {
  return value<boolean>((given) => typeof given === 'boolean', { expected: 'true or false' })
}
