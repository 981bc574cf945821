/**
 * Points in time as callers write them, kept to the microsecond that PostgreSQL has. A `Date` has
 * milliseconds only, so that no other form goes through one.
 */
import { types } from 'node:util'
import type { Problem } from '../errors.ts'
import { shown } from '../shown.ts'

/** `Temporal.Instant` and `Temporal.ZonedDateTime`, of the runtime or of a polyfill. */
export interface TemporalInstant {
  readonly epochNanoseconds: bigint
  readonly [Symbol.toStringTag]: string
}

/** A `Date`, an object of Temporal, or ISO 8601 with a zone: `2030-01-31T09:00:00.123456+01:00`. */
export type Instant = Date | TemporalInstant | string

const iso =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|([+-])(\d\d):?(\d\d))?$/i

const expected = 'a Date, a Temporal.Instant, or ISO 8601 such as 2030-01-31T09:00:00Z'

/** Microseconds since 1970, which reach beyond the safe integers after the year 2255. */
type Microseconds = bigint

function fromText(text: string, path: string): Problem | Microseconds {
  const [match, year, month, day, hour, minute, second = '0', fraction = '', zone, ...offset] =
    iso.exec(text) ?? []
  if (match === undefined) return { path, message: `must be ${expected}; got ${shown(text)}` }
  if (zone === undefined) {
    return { path, message: `needs a zone, as in ${text}Z or ${text}+01:00` }
  }
  const [sign, offsetHours = '0', offsetMinutes = '0'] = offset
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60
  if (!exists || !isTime || Number(offsetHours) > 23 || Number(offsetMinutes) > 59) {
    return { path, message: `is no time of the calendar: ${shown(text)}` }
  }

  const ahead = (Number(offsetHours) * 60 + Number(offsetMinutes)) * (sign === '-' ? -1 : 1)
  date.setUTCHours(Number(hour), Number(minute) - ahead, Number(second))

  return BigInt(date.getTime()) * 1_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6))
}

/** Towards the past, as PostgreSQL and Temporal cut. */
function floor(nanoseconds: bigint): Microseconds {
  const whole = nanoseconds / 1_000n

  return nanoseconds < 0n && nanoseconds % 1_000n !== 0n ? whole - 1n : whole
}

function fromObject(value: object, path: string): Problem | Microseconds {
  if ('epochNanoseconds' in value && typeof value.epochNanoseconds === 'bigint') {
    return floor(value.epochNanoseconds)
  }
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1)
  if (tag.startsWith('Temporal.Plain')) {
    return { path, message: `is a ${tag}, which has no zone: give a Temporal.ZonedDateTime` }
  }

  return { path, message: `must be ${expected}; got ${shown(value)}` }
}

function toMicroseconds(value: unknown, path: string): Problem | Microseconds {
  if (typeof value === 'string') return fromText(value, path)
  if (types.isDate(value)) {
    // Not by a method of its own, which may be any code.
    const ms = Date.prototype.getTime.call(value)

    return Number.isNaN(ms) ? { path, message: 'is an invalid Date' } : BigInt(ms) * 1_000n
  }
  if (typeof value === 'object' && value !== null) return fromObject(value, path)

  return { path, message: `must be ${expected}; got ${shown(value)}` }
}

const million = 1_000_000n

/**
 * Read a point in time.
 *
 * @returns ISO 8601 in UTC, with six digits of a second; or what is wrong at `path`
 */
export function readInstant(value: unknown, path: string): Problem | string {
  const microseconds = toMicroseconds(value, path)
  if (typeof microseconds !== 'bigint') return microseconds

  const fraction = ((microseconds % million) + million) % million
  const date = new Date(Number((microseconds - fraction) / 1_000n))
  const year = date.getUTCFullYear()
  // Outside of these years ISO 8601 has a sign, which PostgreSQL does not read.
  if (!(year >= 1 && year <= 9_999)) {
    return { path, message: `must be in the years 1 to 9999, got ${shown(value)}` }
  }

  return date.toISOString().replace('.000Z', `.${String(fraction).padStart(6, '0')}Z`)
}
