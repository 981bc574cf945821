import { runInNewContext } from 'node:vm'
import { Temporal } from '@js-temporal/polyfill'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readInstant } from '../../src/job/instant.ts'

const read = (value: unknown) => readInstant(value, 'at')

describe('instant', () => {
  test('is a Date, of this realm or of another', () => {
    expect(read(new Date('2030-01-31T09:00:00.123Z'))).toBe('2030-01-31T09:00:00.123000Z')
    expect(read(runInNewContext('new Date(0)'))).toBe('1970-01-01T00:00:00.000000Z')
  })

  test('is an instant of Temporal, cut to microseconds', () => {
    const instant = Temporal.Instant.from('2030-01-31T09:00:00.123456789Z')

    expect(read(instant)).toBe('2030-01-31T09:00:00.123456Z')
    expect(read(instant.toZonedDateTimeISO('Asia/Tokyo'))).toBe('2030-01-31T09:00:00.123456Z')
    // Towards the past also before 1970, where rounding towards zero would lie in the future.
    expect(read(Temporal.Instant.from('1969-12-31T23:59:59.999999999Z'))).toBe(
      '1969-12-31T23:59:59.999999Z',
    )
  })

  test.each([
    ['2030-01-31T09:00:00Z', '2030-01-31T09:00:00.000000Z'],
    ['2030-01-31T09:00Z', '2030-01-31T09:00:00.000000Z'],
    ['2030-01-31 09:00:00.1234567z', '2030-01-31T09:00:00.123456Z'],
    ['2030-01-31T09:00:00.5+01:00', '2030-01-31T08:00:00.500000Z'],
    ['2030-01-31T00:00:00-0930', '2030-01-31T09:30:00.000000Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000000Z'],
    ['0099-12-31T23:59:59.999999Z', '0099-12-31T23:59:59.999999Z'],
  ])('is ISO 8601 with a zone: %s', (text, iso) => {
    expect(read(text)).toBe(iso)
  })

  test('is any microsecond of ten thousand years', () => {
    const first = new Date('0001-01-01T00:00:00Z').getTime()
    fc.assert(
      fc.property(fc.integer({ min: first, max: 253_402_300_799_999 }), fc.nat(999), (ms, us) => {
        const date = new Date(ms)
        const expected = date.toISOString().replace('Z', `${String(us).padStart(3, '0')}Z`)
        const epochNanoseconds = (BigInt(ms) * 1_000n + BigInt(us)) * 1_000n

        expect(read({ epochNanoseconds })).toBe(expected)
        expect(read(expected)).toBe(expected)
      }),
    )
  })

  test.each([
    ['2030-02-30T00:00:00Z', "is no time of the calendar: '2030-02-30T00:00:00Z'"],
    ['2030-13-01T00:00:00Z', "is no time of the calendar: '2030-13-01T00:00:00Z'"],
    ['2030-01-01T24:00:00Z', "is no time of the calendar: '2030-01-01T24:00:00Z'"],
    ['2030-01-01T00:00:60Z', "is no time of the calendar: '2030-01-01T00:00:60Z'"],
    [
      '2030-01-31T09:00:00',
      'needs a zone, as in 2030-01-31T09:00:00Z or 2030-01-31T09:00:00+01:00',
    ],
    ['0001-01-01T00:00:00+14:00', expect.stringContaining('must be in the years 1 to 9999')],
    [new Date(8.64e15), 'must be in the years 1 to 9999, got +275760-09-13T00:00:00.000Z'],
    [{ epochNanoseconds: 10n ** 40n }, expect.stringContaining('must be in the years 1 to 9999')],
    [new Date(Number.NaN), 'is an invalid Date'],
    [
      Temporal.PlainDateTime.from('2030-01-31T09:00:00'),
      'is a Temporal.PlainDateTime, which has no zone: give a Temporal.ZonedDateTime',
    ],
  ])('is not %o', (value, message) => {
    expect(read(value)).toEqual({ path: 'at', message })
  })

  test.each(['2030-01-31', 'tomorrow', '', 1_893_456_000, null, {}, []])('is not %o', (value) => {
    expect(read(value)).toMatchObject({
      path: 'at',
      message: expect.stringContaining(
        'must be a Date, a Temporal.Instant, or ISO 8601 such as 2030-01-31T09:00:00Z; got ',
      ),
    })
  })
})
