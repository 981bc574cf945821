import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import {
  isDue,
  lastCronRun,
  lastRun,
  nextCronRun,
  nextRun,
  parseExpression,
} from '../../src/cron/expression.ts'
import { MINUTE_MS } from '../../src/cron/zone.ts'
import { readExpression } from '../../src/cron/grammar.ts'
import { expression, matches } from '../support/cron.ts'

/** What runs within some hours, in UTC. */
function runs(text: string, timezone: string, from: string, hours: number): string[] {
  const parsed = parseExpression(text)
  const endMs = Date.parse(from) + hours * 60 * MINUTE_MS
  const found: string[] = []
  let last = new Date(Date.parse(from) - 1)
  for (;;) {
    const next = nextRun(parsed, last, timezone)
    if (next === undefined || next.getTime() >= endMs) return found
    found.push(next.toISOString().slice(5, 16))
    last = next
  }
}

/** Minutes that are looked at one by one: more than a day. */
const WINDOW = 1_800

/** The days on which their clocks are changed, twice each. */
const CHANGES = [
  ['Europe/Berlin', '2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  ['America/New_York', '2026-03-08T07:00Z', '2026-11-01T06:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z', '2026-04-04T15:00Z'],
  // A whole day was left out there.
  ['Pacific/Apia', '2011-12-30T10:00Z', '2011-12-30T10:00Z'],
  ['Africa/Casablanca', '2026-02-15T02:00Z', '2026-03-22T02:00Z'],
  ['UTC', '2026-03-29T01:00Z', '2026-10-25T01:00Z'],
] as const

/** The runs around an instant. */
function around(text: string, instant: string) {
  const options = { from: new Date(instant) }

  return [nextCronRun(text, options), lastCronRun(text, options)]
}

describe('cron expression', () => {
  test('agrees with a look at every minute, next and last, around changes of the clocks', () => {
    const place = fc.constantFrom(...CHANGES)
    const minutes = fc.integer({ min: -WINDOW, max: 0 })
    fc.assert(
      fc.property(expression, place, fc.boolean(), minutes, (text, change, isSecond, offset) => {
        const reading = readExpression(text)
        if (!('fields' in reading) || reading.fields === null) return
        const [timezone, first, second] = change
        const fromMs = Date.parse(isSecond ? second : first) + offset * MINUTE_MS
        const due: number[] = []
        for (let minute = 0; minute < WINDOW; minute += 1) {
          const atMs = fromMs + minute * MINUTE_MS
          if (matches(reading.fields, timezone, atMs)) due.push(atMs)
        }
        const parsed = parseExpression(text)
        const end = new Date(fromMs + WINDOW * MINUTE_MS)
        const next = nextRun(parsed, new Date(fromMs - 1), timezone)?.getTime() ?? Infinity
        const last = lastRun(parsed, end, timezone)?.getTime() ?? -Infinity

        if (due.length === 0) {
          expect([next >= end.getTime(), last < fromMs]).toEqual([true, true])
        } else {
          expect([next, last]).toEqual([due[0], due.at(-1)])
        }
        for (const atMs of due.slice(0, 20)) expect(isDue(parsed, atMs, timezone)).toBe(true)
      }),
      { numRuns: 80 },
    )
  }, 60_000)

  test('is due at no minute between one run and the next', () => {
    const instant = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01') })
    fc.assert(
      fc.property(
        expression,
        instant.filter((date) => !Number.isNaN(date.getTime())),
        (text, from) => {
          if ('problem' in readExpression(text)) return
          const parsed = parseExpression(text)
          const next = nextRun(parsed, from, 'Europe/Berlin')
          if (next === undefined)
            throw new Error(`${text} has no next run after ${from.toISOString()}`)
          expect(isDue(parsed, next.getTime(), 'Europe/Berlin')).toBe(true)
          const back = lastRun(parsed, next, 'Europe/Berlin')
          expect(back === undefined || back.getTime() <= from.getTime()).toBe(true)
        },
      ),
    )
  })

  test('leaves out an hour that is skipped', () => {
    expect(runs('30 2 * * *', 'Europe/Berlin', '2026-03-27T12:00Z', 72)).toEqual([
      '03-28T01:30',
      '03-30T00:30',
    ])
    expect(runs('30 2 * * *', 'America/New_York', '2026-03-06T12:00Z', 72)).toEqual([
      '03-07T07:30',
      '03-09T06:30',
    ])
  })

  test('runs twice in an hour that is repeated', () => {
    expect(runs('30 2 * * *', 'Europe/Berlin', '2026-10-24T20:00Z', 12)).toEqual([
      '10-25T00:30',
      '10-25T01:30',
    ])
    expect(runs('30 1 * * *', 'America/New_York', '2026-11-01T00:00Z', 12)).toEqual([
      '11-01T05:30',
      '11-01T06:30',
    ])
  })

  test('knows that Lord Howe Island moves its clocks by half an hour', () => {
    const zone = 'Australia/Lord_Howe'

    // 02:00 to 02:30 is left out.
    expect(runs('15,45 2 * * *', zone, '2026-10-03T12:00Z', 12)).toEqual(['10-03T15:45'])
    // 01:30 to 02:00 comes twice.
    expect(runs('15,45 1 * * *', zone, '2026-04-04T12:00Z', 12)).toEqual([
      '04-04T14:15',
      '04-04T14:45',
      '04-04T15:15',
    ])
  })

  test('takes the day of the month and the weekday together', () => {
    // The first Friday the 13th.
    expect(runs('0 0 13 * FRI', 'UTC', '2026-01-01T00:00Z', 24 * 100)).toEqual([
      '02-13T00:00',
      '03-13T00:00',
    ])
  })

  test('waits for a 29 February on the right weekday, over a century without one', () => {
    const from = new Date('2096-03-01')

    expect(nextCronRun('0 0 29 2 *', { from })).toEqual(new Date('2104-02-29'))
    expect(nextCronRun('0 0 29 2 WED', { from })).toEqual(new Date('2108-02-29'))
    expect(lastCronRun('0 0 29 2 WED', { from: new Date('2108-02-29') })).toEqual(
      new Date('2096-02-29'),
    )
  })

  test('counts neither the minute of the instant nor an instant within it', () => {
    expect(around('* * * * *', '2026-01-01T12:00:00Z')).toEqual([
      new Date('2026-01-01T12:01Z'),
      new Date('2026-01-01T11:59Z'),
    ])
    expect(around('* * * * *', '2026-01-01T12:00:30Z')).toEqual([
      new Date('2026-01-01T12:01Z'),
      new Date('2026-01-01T12:00Z'),
    ])
  })

  test('has neither a next nor a last run for @reboot', () => {
    expect([nextCronRun('@reboot'), lastCronRun('@reboot')]).toEqual([undefined, undefined])
    expect(isDue(parseExpression('@reboot'), 0, 'UTC')).toBe(false)
  })

  test('finds quickly what is far', () => {
    const parsed = parseExpression('0 0 29 2 MON')
    const startedAt = performance.now()
    for (let time = 0; time < 100; time += 1) nextRun(parsed, new Date(), 'America/New_York')

    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  test.each([
    ['Europe/Berlim', 'found "Europe/Berlim" (did you mean "Europe/Berlin"?)'],
    ['europe/berlin', 'found "europe/berlin" (did you mean "Europe/Berlin"?)'],
    ['utc', 'found "utc" (did you mean "UTC"?)'],
    ['+01:00', 'found "+01:00"'],
    ['', 'found ""'],
    [5, 'found 5'],
  ])('refuses the time zone %j', (timezone, found) => {
    const options = { timezone } as { timezone: string }

    expect(() => nextCronRun('@daily', options)).toThrow(
      new ConfigError([
        { path: 'timezone', message: `expected a time zone such as 'Europe/Berlin', ${found}` },
      ]),
    )
  })

  test.each(['UTC', 'Etc/UTC', 'GMT', 'Asia/Kolkata', 'US/Eastern', 'America/Port-au-Prince'])(
    'takes the time zone %s',
    (timezone) => {
      expect(nextCronRun('* * * * *', { timezone, from: new Date(0) })).toEqual(new Date(60_000))
    },
  )

  test.each([
    [new Date('never'), 'Invalid Date'],
    ['2026-01-01', "'2026-01-01'"],
  ])('refuses %j, which is no instant', (from, found) => {
    expect(() => nextCronRun('@daily', { from: from as Date })).toThrow(
      `from: expected a valid Date, found ${found}`,
    )
  })

  test('refuses an option that is none', () => {
    const options = { timezon: 'Asia/Tokyo' } as object

    expect(() => lastCronRun('@daily', options)).toThrow('did you mean "timezone"?')
  })
})
