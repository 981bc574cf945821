/**
 * Oban's dialect of cron: five fields, or a nickname. It is smaller than what most parsers take, on
 * purpose: an expression travels to Oban Web, whose parser brings down the page of all crons when it
 * meets one that it does not know, such as weekday 7 or a name in lower case.
 *
 * @see https://hexdocs.pm/oban/periodic_jobs.html
 */
import { nearest } from '../suggestion.ts'
import { shown } from '../shown.ts'

/** What each field matches. A day has to match all three: month, day of the month and weekday. */
export interface CronFields {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>
}

/** An expression that is understood: `null` for `@reboot`, which has no time of its own. */
export type Reading =
  | { readonly text: string; readonly fields: CronFields | null }
  | { readonly problem: string }

interface Field {
  readonly name: string
  readonly least: number
  readonly most: number
  /** Names for values, the first for the least one. */
  readonly names: readonly string[]
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
/** In the order of `MONTHS`, February in a leap year. */
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const FIELDS = {
  minutes: { name: 'minute', least: 0, most: 59, names: [] },
  hours: { name: 'hour', least: 0, most: 23, names: [] },
  days: { name: 'day of the month', least: 1, most: 31, names: [] },
  months: { name: 'month', least: 1, most: 12, names: MONTHS },
  weekdays: { name: 'weekday', least: 0, most: 6, names: WEEKDAYS },
} as const satisfies Record<keyof CronFields, Field>

const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const REBOOT = '@reboot'

/** A value or a range, and a step: what stands between two commas. */
const PART = /^(?:\*|(?<from>[A-Za-z0-9]+)(?:-(?<to>[A-Za-z0-9]+))?)(?:\/(?<step>.*))?$/

class Refusal extends Error {}

/** Read an expression, or say what of it is wrong and what there could be. */
export function readExpression(given: unknown): Reading {
  if (typeof given !== 'string')
    return { problem: `expected a cron expression, found ${shown(given)}` }
  const text = given.trim()
  try {
    return { text, fields: parse(text) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error

    return { problem: `${JSON.stringify(given.slice(0, 100))}: ${error.message}` }
  }
}

function parse(text: string): CronFields | null {
  if (text === REBOOT) return null
  const parts = (text.startsWith('@') ? spelledOut(text) : text).split(/\s+/)
  const [minutes, hours, days, months, weekdays] = parts
  if (weekdays === undefined || parts.length !== 5) {
    const expected = 'expected 5 fields (minute, hour, day of the month, month, weekday)'
    throw new Refusal(`${expected}, found ${text === '' ? 0 : parts.length}`)
  }
  const fields: CronFields = {
    minutes: valuesOf(FIELDS.minutes, minutes ?? ''),
    hours: valuesOf(FIELDS.hours, hours ?? ''),
    days: valuesOf(FIELDS.days, days ?? ''),
    months: valuesOf(FIELDS.months, months ?? ''),
    weekdays: valuesOf(FIELDS.weekdays, weekdays),
  }
  refuseImpossible(fields)

  return fields
}

function spelledOut(nickname: string): string {
  const meaning = Object.hasOwn(NICKNAMES, nickname) ? NICKNAMES[nickname] : undefined
  if (meaning !== undefined) return meaning
  const known = [...Object.keys(NICKNAMES), REBOOT]
  const meant = nearest(nickname, known)
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`
  throw new Refusal(`there is no such nickname${hint}; there are ${known.join(', ')}`)
}

function valuesOf(field: Field, text: string): Set<number> {
  return new Set(text.split(',').flatMap((part) => valuesOfPart(field, part)))
}

function valuesOfPart(field: Field, part: string): number[] {
  const found = PART.exec(part)?.groups
  if (found === undefined) refuse(field, part, 'expected *, a value, a range or a list of them')
  const { from, to, step } = found
  if (step !== undefined && !/^[1-9]\d?$/.test(step))
    refuse(field, part, 'expected a step of 1 to 99')
  const first = from === undefined ? field.least : valueOf(field, from, part)
  // A value with a step goes on to the end of the field.
  const isOpen = from === undefined || (to === undefined && step !== undefined)
  const last = isOpen ? field.most : valueOf(field, to ?? from, part)
  if (first > last) refuse(field, part, `a range ends where it begins or later`)
  const stride = Number(step ?? 1)

  return Array.from({ length: Math.floor((last - first) / stride) + 1 }, (_, index) => {
    return first + index * stride
  })
}

function valueOf(field: Field, word: string, part: string): number {
  const named = field.names.indexOf(word)
  const value = named === -1 ? Number(word) : named + field.least
  const isKnown = named !== -1 || /^\d{1,4}$/.test(word)
  if (!isKnown || value < field.least || value > field.most)
    refuse(field, part, allowed(field, word))

  return value
}

function allowed({ least, most, names }: Field, word: string): string {
  const spelled = names.length === 0 ? '' : ` or ${names[0]} to ${names.at(-1)}`
  const upper = word.toUpperCase()
  const hint = names.includes(upper) && upper !== word ? `, in upper case: ${upper}` : ''
  const sunday = names === WEEKDAYS && word === '7' ? '; Sunday is 0' : ''

  return `expected ${least} to ${most}${spelled}${hint}${sunday}`
}

function refuse({ name }: Field, part: string, reason: string): never {
  throw new Refusal(`${name} ${JSON.stringify(part.slice(0, 40))}: ${reason}`)
}

/** 30 February: such an entry would wait for ever, and so would whoever relies on it. */
function refuseImpossible({ days, months }: CronFields): void {
  const most = Math.max(...[...months].map((month) => LONGEST[month - 1] ?? 0))
  if (Math.min(...days) <= most) return
  throw new Refusal(`day of the month ${Math.min(...days)}: its months have at most ${most} days`)
}
