import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parseTimestamp, timestampReader } from '../../src/job/timestamp.ts'

describe('timestamp', () => {
  // Where local time and UTC differ, and an hour is missing each spring.
  beforeAll(() => void vi.stubEnv('TZ', 'Europe/Berlin'))
  afterAll(() => void vi.unstubAllEnvs())

  test.each([
    ['2030-01-31 09:00:00', '2030-01-31T09:00:00.000Z'],
    ['2030-01-31 09:00:00.5', '2030-01-31T09:00:00.500Z'],
    ['2030-01-31 09:00:00.123456', '2030-01-31T09:00:00.123Z'],
    // Cut, not rounded: a job must not seem to have started before it was fetched.
    ['2030-12-31 23:59:59.999999', '2030-12-31T23:59:59.999Z'],
    ['2030-01-31T09:00:00.04', '2030-01-31T09:00:00.040Z'],
    ['0001-01-01 00:00:00', '0001-01-01T00:00:00.000Z'],
    ['0099-12-31 00:00:00', '0099-12-31T00:00:00.000Z'],
    ['10000-01-01 00:00:00', '+010000-01-01T00:00:00.000Z'],
    // An hour that the clocks of Berlin skip.
    ['2030-03-31 02:30:00', '2030-03-31T02:30:00.000Z'],
  ])('reads %s as UTC', (text, iso) => {
    expect(parseTimestamp(text).toISOString()).toBe(iso)
  })

  test.each(['infinity', '-infinity', '0044-03-15 00:00:00 BC', '', 'yesterday'])(
    'reads %j as an invalid Date',
    (text) => {
      expect(parseTimestamp(text).getTime()).toBeNaN()
    },
  )

  test('a reader of timestamps gives each its own date, also of the same text', () => {
    const read = timestampReader()
    const texts = [
      '2030-01-31 09:00:00.5',
      '2030-01-31 09:00:00.5',
      '2031-01-31 09:00:00',
      'infinity',
    ]
    const dates = texts.map((text) => read(text))
    dates[0]?.setTime(0)

    expect(dates.slice(1)).toEqual(texts.slice(1).map((text) => parseTimestamp(text)))
    expect(read('2030-01-31 09:00:00.5')).toEqual(parseTimestamp('2030-01-31 09:00:00.5'))
  })
})
