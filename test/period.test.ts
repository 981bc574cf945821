import { Temporal } from '@js-temporal/polyfill'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toMilliseconds, toSeconds } from '../src/period.ts'

describe('period', () => {
  test('reads a bare number as seconds where Oban has seconds', () => {
    expect(toSeconds(90, 'scheduleIn')).toBe(90)
    expect(toSeconds(0.5, 'scheduleIn')).toBe(0.5)
    expect(toSeconds(0, 'scheduleIn')).toBe(0)
  })

  test('shows both readings of a bare number where Oban has milliseconds', () => {
    expect(toMilliseconds(500, 'timeout')).toEqual({
      path: 'timeout',
      message:
        'must name its unit: write { milliseconds: 500 } or { seconds: 500 }, not the bare number 500',
    })
  })

  test('adds up the units of a bag', () => {
    const bag = { weeks: 1, days: 1, hours: 1, minutes: 1, seconds: 1, milliseconds: 1 }

    expect(toMilliseconds(bag, 'timeout')).toBe(694_861_001)
    expect(toSeconds(bag, 'period')).toBe(694_861.001)
    expect(toSeconds({ minutes: 1, seconds: undefined }, 'period')).toBe(60)
  })

  test('takes infinity only where it has a meaning', () => {
    expect(toMilliseconds('infinity', 'timeout', { infinity: true })).toBe(Infinity)
    expect(toMilliseconds('infinity', 'timeout')).toEqual({
      path: 'timeout',
      message: "must be a duration such as { seconds: 30 }; got 'infinity'",
    })
    expect(toSeconds('forever', 'period', { infinity: true })).toEqual({
      path: 'period',
      message: "must be a duration such as { seconds: 30 }, or 'infinity'; got 'forever'",
    })
  })

  test('reads a duration of Temporal, to the microsecond', () => {
    const duration = Temporal.Duration.from({
      weeks: 1,
      hours: 2,
      milliseconds: 3,
      microseconds: 4,
    })

    expect(toSeconds(duration, 'p')).toBeCloseTo(612_000.003_004, 7)
    expect(toSeconds(Temporal.Duration.from('PT0S'), 'p')).toBe(0)
    expect(toMilliseconds(Temporal.Duration.from('PT1.5S'), 'p')).toBe(1_500)
    expect(toSeconds(Temporal.Duration.from({ minutes: -5 }), 'p')).toEqual({
      path: 'p.minutes',
      message: 'must not be negative, got -5',
    })
  })

  test('has no months, whose length depends on where they stand', () => {
    const message = 'has no fixed length; write { days: 30 } for the month of Oban'

    expect(toSeconds({ months: 1 }, 'p')).toEqual({ path: 'p.months', message })
    expect(toSeconds({ year: 1 }, 'p')).toEqual({ path: 'p.year', message })
    expect(toSeconds(Temporal.Duration.from('P1M'), 'p')).toEqual({ path: 'p.months', message })
  })

  test('suggests the unit that was meant', () => {
    expect(toSeconds({ minute: 5 }, 'scheduleIn')).toEqual({
      path: 'scheduleIn',
      message:
        "has the unknown unit 'minute'; units are milliseconds, seconds, minutes, hours, days, weeks",
      suggestion: 'minutes',
    })
  })

  test.each([
    [-1, 'p', 'must not be negative, got -1'],
    [Number.NaN, 'p', 'must be a number, got NaN'],
    [Infinity, 'p', 'must be at most 5,000 years, got Infinity'],
    [{ seconds: -1 }, 'p.seconds', 'must not be negative, got -1'],
    [{ seconds: '5' }, 'p.seconds', "must be a number, got '5'"],
    [{ weeks: 1e300 }, 'p.weeks', 'must be at most 5,000 years, got 1e+300'],
    [{}, 'p', 'must name a unit, as in { seconds: 30 }; got {}'],
    [{ seconds: undefined }, 'p', 'must name a unit, as in { seconds: 30 }; got {}'],
    [null, 'p', 'must be a duration such as { seconds: 30 }; got null'],
    [[5], 'p', 'must be a duration such as { seconds: 30 }; got [ 5 ]'],
  ])('refuses %j', (value, path, message) => {
    expect(toSeconds(value, 'p')).toEqual({ path, message })
  })

  test('does not take inherited names for units', () => {
    expect(toSeconds({ constructor: 5 }, 'p')).toMatchObject({ path: 'p' })
  })

  test('answers any value with a number of 0 or more, or a problem', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const answer = toSeconds(value, 'p')

        expect(typeof answer === 'number' ? answer >= 0 : answer.path.startsWith('p')).toBe(true)
      }),
    )
  })
})
