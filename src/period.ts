/**
 * Lengths of time as callers write them.
 *
 * Oban counts some options in seconds and some in milliseconds. A bare number is accepted only where
 * Oban has seconds; elsewhere it is refused with both readings, since a silent factor of 1000 is
 * found in production.
 */
import type { Problem } from './errors.ts'
import { shown } from './shown.ts'
import { nearest } from './suggestion.ts'
import { UNREADABLE } from './unreadable.ts'

/** A length of time; the members add up: `{ minutes: 1, seconds: 30 }`. A `Temporal.Duration` is one too. */
export interface Duration {
  readonly milliseconds?: number
  readonly seconds?: number
  readonly minutes?: number
  readonly hours?: number
  readonly days?: number
  readonly weeks?: number
}

/** A duration, or a bare number of SECONDS. */
export type Period = Duration | number

export interface PeriodRules {
  /** Whether `'infinity'`, the one spelling of never, is valid. It is read as the number Infinity. */
  readonly infinity?: boolean
}

export const unitMs: Readonly<Record<string, number>> = {
  milliseconds: 1,
  seconds: 1_000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
} satisfies Record<keyof Duration, number>

/** The length of a bag whose members are known to be units and numbers. */
export function sumMilliseconds(bag: Readonly<Record<string, number | undefined>>): number {
  return Object.entries(bag).reduce(
    (sum, [unit, amount = 0]) => sum + amount * (unitMs[unit] ?? 0),
    0,
  )
}

/**
 * 5,000 years: what is that far ahead is before the year 10,000, which dates of Elixir and Python do not reach,
 * and what is that long ago PostgreSQL still has.
 */
const maxMs = 1_826_250 * 86_400_000

const example = '{ seconds: 30 }'

function sizeProblem(ms: number, path: string, value: unknown): Problem | undefined {
  if (Number.isNaN(ms)) return { path, message: `must be a number, got ${shown(value)}` }
  if (ms < 0) return { path, message: `must not be negative, got ${shown(value)}` }
  if (ms > maxMs) return { path, message: `must be at most 5,000 years, got ${shown(value)}` }

  return undefined
}

function bagToMs(bag: object, path: string): Problem | number {
  let total = 0
  let members = 0

  for (const [unit, amount] of Object.entries(bag) as [string, unknown][]) {
    const factor = Object.hasOwn(unitMs, unit) ? unitMs[unit] : undefined

    if (factor === undefined) {
      if (/^(month|year)s?$/.test(unit)) {
        const message = `has no fixed length; write { days: 30 } for the month of Oban`

        return { path: `${path}.${unit}`, message }
      }
      const message = `has the unknown unit ${shown(unit)}; units are ${Object.keys(unitMs).join(', ')}`
      const suggestion = nearest(unit, Object.keys(unitMs))

      return suggestion === undefined ? { path, message } : { path, message, suggestion }
    }
    if (amount === undefined) continue

    const ms = typeof amount === 'number' ? amount * factor : Number.NaN
    const problem = sizeProblem(ms, `${path}.${unit}`, amount)
    if (problem) return problem

    total += ms
    members += 1
  }

  if (members === 0) return { path, message: `must name a unit, as in ${example}; got {}` }

  return sizeProblem(total, path, bag) ?? total
}

/** Of the runtime or of a polyfill; its members are getters, and those of less than a millisecond count too. */
function bagOf(duration: object): object {
  const read = (unit: string): unknown => Reflect.get(duration, unit)
  const days = { weeks: read('weeks'), days: read('days') }
  const clock = { hours: read('hours'), minutes: read('minutes'), seconds: read('seconds') }
  const [years, months] = [read('years'), read('months')]
  const milliseconds =
    Number(read('milliseconds')) +
    Number(read('microseconds')) / 1e3 +
    Number(read('nanoseconds')) / 1e6

  return {
    ...(years ? { years } : {}),
    ...(months ? { months } : {}),
    ...days,
    ...clock,
    milliseconds,
  }
}

function isTemporalDuration(value: object): boolean {
  return Object.prototype.toString.call(value) === '[object Temporal.Duration]'
}

function spelled(value: unknown, path: string, rules: PeriodRules): Problem | number {
  if (value === 'infinity' && rules.infinity) return Number.POSITIVE_INFINITY
  try {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return bagToMs(isTemporalDuration(value) ? bagOf(value) : value, path)
    }
  } catch {
    // Of the caller's: a duration that cannot be read is none.
    return { path, message: UNREADABLE }
  }

  const never = rules.infinity ? `, or 'infinity'` : ''

  return { path, message: `must be a duration such as ${example}${never}; got ${shown(value)}` }
}

/**
 * Read a period whose bare number means seconds (`scheduleIn`, `snooze`, `backoff`, ages).
 *
 * @returns seconds, with fractions; or what is wrong at `path`
 */
export function toSeconds(value: unknown, path: string, rules: PeriodRules = {}): Problem | number {
  if (typeof value === 'number') return sizeProblem(value * 1_000, path, value) ?? value

  const ms = spelled(value, path, rules)

  return typeof ms === 'number' ? ms / 1_000 : ms
}

/**
 * Read a duration that Oban counts in milliseconds (`timeout`, `shutdownGracePeriod`, intervals): a
 * bare number is a problem that shows both readings.
 *
 * @returns whole milliseconds; or what is wrong at `path`
 */
export function toMilliseconds(
  value: unknown,
  path: string,
  rules: PeriodRules = {},
): Problem | number {
  if (typeof value !== 'number') {
    const ms = spelled(value, path, rules)

    return typeof ms === 'number' ? Math.round(ms) : ms
  }

  const readings = `{ milliseconds: ${value} } or { seconds: ${value} }`

  return { path, message: `must name its unit: write ${readings}, not the bare number ${value}` }
}
