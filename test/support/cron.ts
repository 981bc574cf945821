/** Cron expressions at random, and a second opinion on when they are due. */
import * as fc from 'fast-check'
import type { CronFields } from '../../src/cron/grammar.ts'

function part(least: number, most: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: least, max: most })
  const range = fc
    .tuple(value, value)
    .map((ends) => ends.toSorted((a, b) => a - b))
    .map(([from, to]) => `${from}-${to}`)
  const step = fc.integer({ min: 1, max: 99 })
  const stepped = fc
    .tuple(fc.oneof(fc.constant('*'), value.map(String), range), step)
    .map(([whole, by]) => `${whole}/${by}`)

  return fc.oneof(value.map(String), range, stepped)
}

function field(least: number, most: number): fc.Arbitrary<string> {
  const list = fc.array(part(least, most), { minLength: 1, maxLength: 3 })

  return fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: list.map((parts) => parts.join(',')) },
  )
}

/** Five fields, perhaps of a day that no month has. */
export const expression = fc
  .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6))
  .map((fields) => fields.join(' '))

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined) {
    const numeric = 'numeric'
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
    })
    formats.set(timeZone, format)
  }

  return format
}

/** Whether the wall clock of a zone matches, read part by part. */
export function matches(fields: CronFields, timeZone: string, atMs: number): boolean {
  const parts = formatOf(timeZone).formatToParts(atMs)
  const read = (type: Intl.DateTimeFormatPartTypes) =>
    parts.find((each) => each.type === type)?.value ?? ''
  const weekday = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(read('weekday'))

  return (
    fields.minutes.has(Number(read('minute'))) &&
    fields.hours.has(Number(read('hour'))) &&
    fields.days.has(Number(read('day'))) &&
    fields.months.has(Number(read('month'))) &&
    fields.weekdays.has(weekday)
  )
}
