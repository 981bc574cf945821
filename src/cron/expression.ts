/**
 * When a cron expression is due: at each minute whose wall clock, in the zone, matches it. So an hour
 * that is left out in spring never runs, and one that comes twice in autumn runs twice.
 */
import { systemClock } from '../clock.ts'
import { ConfigError } from '../errors.ts'
import { unknownKeyProblems } from '../job/fields.ts'
import { shown } from '../shown.ts'
import { readExpression, type CronFields } from './grammar.ts'
import { clockChange, MINUTE_MS, zoneOf, zoneProblem, type Zone } from './zone.ts'

const DAY_MS = 1_440 * MINUTE_MS

/** No clock is further than a day from another, before or after it was changed. */
const FAR_MS = 2 * DAY_MS

/** 29 February on a given weekday comes after 40 years at the latest. */
const HORIZON_MS = 50 * 366 * DAY_MS

export interface CronExpression {
  /** As it was written. */
  readonly text: string
  /** Null for `@reboot`. */
  readonly fields: CronFields | null
  /** The minutes of a day that match, in order. */
  readonly minutesOfDay: readonly number[]
}

function inOrder(values: ReadonlySet<number>): number[] {
  return [...values].toSorted((a, b) => a - b)
}

/** @throws {ConfigError} saying which field is wrong, and what there could be */
export function parseExpression(text: string, path = 'expression'): CronExpression {
  const reading = readExpression(text)
  if ('problem' in reading) throw new ConfigError([{ path, message: reading.problem }])
  const { fields } = reading
  const minutes = inOrder(fields?.minutes ?? new Set())
  const minutesOfDay = inOrder(fields?.hours ?? new Set()).flatMap((hour) =>
    minutes.map((minute) => hour * 60 + minute),
  )

  return { text: reading.text, fields, minutesOfDay }
}

/**
 * Whether it is due at a minute. `@reboot` never is: it has no time.
 *
 * @param atMs - the beginning of the minute, in milliseconds since 1970
 * @param timezone - a name that is known to be one
 */
export function isDue({ fields }: CronExpression, atMs: number, timezone: string): boolean {
  if (fields === null) return false
  const wall = new Date(atMs + zoneOf(timezone).offsetMs(atMs))

  return (
    fields.minutes.has(wall.getUTCMinutes()) &&
    fields.hours.has(wall.getUTCHours()) &&
    isDay(fields, wall)
  )
}

/** Unlike in other crons, the day of the month AND the weekday have to match. */
function isDay({ days, months, weekdays }: CronFields, wall: Date): boolean {
  return (
    months.has(wall.getUTCMonth() + 1) &&
    days.has(wall.getUTCDate()) &&
    weekdays.has(wall.getUTCDay())
  )
}

/** The first minute after an instant at which it is due; undefined for `@reboot`. */
export function nextRun(expression: CronExpression, after: Date, timezone: string) {
  const fromMs = Math.floor(after.getTime() / MINUTE_MS + 1) * MINUTE_MS

  return search(expression, zoneOf(timezone), fromMs, 1)
}

/** The last minute that began before an instant and at which it was due; undefined for `@reboot`. */
export function lastRun(expression: CronExpression, before: Date, timezone: string) {
  const fromMs = Math.ceil(before.getTime() / MINUTE_MS - 1) * MINUTE_MS

  return search(expression, zoneOf(timezone), fromMs, -1)
}

/**
 * The nearest minute that is due, from `fromMs` on. As long as the clocks are not changed, wall times are
 * a sum away; so only the days around a find have to be looked at for a change.
 */
function search(
  expression: CronExpression,
  zone: Zone,
  fromMs: number,
  direction: -1 | 1,
): Date | undefined {
  for (let at = fromMs; ;) {
    const offset = zone.offsetMs(at)
    const wall = nearestWall(expression, at + offset, direction)
    if (wall === undefined) return undefined
    const found = wall - offset
    const isFar = Math.abs(found - at) > 2 * FAR_MS
    const change = clockChange(zone, at, isFar ? at + direction * FAR_MS : found)
    if (change === undefined && !isFar) return new Date(found)
    at = change ?? found - direction * FAR_MS
  }
}

/** The nearest wall time that matches, as milliseconds of UTC. */
function nearestWall(
  { fields, minutesOfDay }: CronExpression,
  fromMs: number,
  direction: -1 | 1,
): number | undefined {
  if (fields === null) return undefined
  const today = Math.floor(fromMs / DAY_MS) * DAY_MS
  const minute = (fromMs - today) / MINUTE_MS
  const later =
    direction === 1
      ? minutesOfDay.find((each) => each >= minute)
      : minutesOfDay.findLast((each) => each <= minute)
  if (later !== undefined && isDay(fields, new Date(today))) return today + later * MINUTE_MS

  const first = direction === 1 ? minutesOfDay[0] : minutesOfDay.at(-1)
  for (let passed = DAY_MS; passed < HORIZON_MS; passed += DAY_MS) {
    const day = today + direction * passed
    if (isDay(fields, new Date(day))) return day + (first ?? 0) * MINUTE_MS
  }

  return undefined
}

export interface CronRunOptions {
  /** Name of a time zone. Default: 'UTC' */
  readonly timezone?: string | undefined
  /** The instant to count from. Default: now */
  readonly from?: Date | undefined
}

function readRun(text: string, options: CronRunOptions) {
  const { timezone = 'UTC', from = systemClock.now() } = options
  const problems = unknownKeyProblems(options, ['timezone', 'from'])
  const wrongZone = zoneProblem(timezone)
  if (wrongZone !== undefined) problems.push({ path: 'timezone', message: wrongZone })
  if (!(from instanceof Date) || Number.isNaN(from.getTime())) {
    problems.push({ path: 'from', message: `expected a valid Date, found ${shown(from)}` })
  }
  if (problems.length > 0) throw new ConfigError(problems)

  return [parseExpression(text), from, timezone] as const
}

/**
 * When a cron expression runs next, after an instant.
 *
 * @example
 * ```ts
 * const from = new Date('2026-03-28T12:00:00Z')
 * nextCronRun('30 2 * * *', { timezone: 'Europe/Berlin', from }) // => new Date('2026-03-30T00:30:00Z')
 * ```
 *
 * @returns undefined for `@reboot`, which has no time
 * @throws {ConfigError} when the expression, the time zone or an option is not one
 */
export function nextCronRun(expression: string, options: CronRunOptions = {}): Date | undefined {
  return nextRun(...readRun(expression, options))
}

/**
 * When a cron expression ran last, before an instant.
 *
 * @returns undefined for `@reboot`, which has no time
 * @throws {ConfigError} when the expression, the time zone or an option is not one
 */
export function lastCronRun(expression: string, options: CronRunOptions = {}): Date | undefined {
  return lastRun(...readRun(expression, options))
}
