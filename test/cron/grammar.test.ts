import { CronExpressionParser } from 'cron-parser'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readExpression } from '../../src/cron/grammar.ts'
import { expression } from '../support/cron.ts'

function problem(text: unknown): string | undefined {
  const reading = readExpression(text)

  return 'problem' in reading ? reading.problem : undefined
}

function weekdays(text: string): number[] {
  const reading = readExpression(text)

  return 'fields' in reading && reading.fields ? [...reading.fields.weekdays] : []
}

/** The values of a field as cron-parser has them: a part at a time, as it refuses repetitions. */
function expand(field: string, place: number): Set<number> {
  const values = field.split(',').flatMap((part) => {
    const text = ['*', '*', '*', '*', '*'].with(place, part).join(' ')
    const { minute, hour, dayOfMonth, month } = CronExpressionParser.parse(text).fields

    return [minute, hour, dayOfMonth, month][place]?.values.map(Number) ?? []
  })

  return new Set(values)
}

describe('cron grammar', () => {
  test('expands fields as cron-parser does', () => {
    fc.assert(
      fc.property(expression, (text) => {
        const reading = readExpression(text)
        if (!('fields' in reading) || reading.fields === null) return
        const { minutes, hours, days, months } = reading.fields
        // Its weekdays are others: it has a 7.
        const [minute = '', hour = '', day = '', month = ''] = text.split(' ')
        expect([minutes, hours, days, months]).toEqual(
          [minute, hour, day, month].map((field, place) => expand(field, place)),
        )
      }),
    )
  })

  test.each([
    ['@yearly', '0 0 1 1 *'],
    ['@annually', '0 0 1 1 *'],
    ['@monthly', '0 0 1 * *'],
    ['@weekly', '0 0 * * 0'],
    ['@daily', '0 0 * * *'],
    ['@midnight', '0 0 * * *'],
    ['@hourly', '0 * * * *'],
  ])('reads %s as %s', (nickname, meaning) => {
    expect(readExpression(nickname)).toEqual({ ...readExpression(meaning), text: nickname })
  })

  test('knows that @reboot has no time', () => {
    expect(readExpression('@reboot')).toEqual({ text: '@reboot', fields: null })
  })

  test.each([
    ['0 9 * * MON-FRI', [1, 2, 3, 4, 5]],
    ['0 9 * * SUN,SAT', [0, 6]],
    ['0 9 * * 3/2', [3, 5]],
    ['0 9 * * */99', [0]],
    ['  0  9 *\t* 1,1 ', [1]],
  ])('understands %j', (text, days) => {
    expect(weekdays(text)).toEqual(days)
  })

  test.each([
    ['0 9 * * 7', 'weekday "7": expected 0 to 6 or SUN to SAT; Sunday is 0'],
    ['0 9 * * 5-7', 'weekday "5-7": expected 0 to 6 or SUN to SAT; Sunday is 0'],
    ['0 9 * * mon', 'weekday "mon": expected 0 to 6 or SUN to SAT, in upper case: MON'],
    ['0 9 * JANUARY *', 'month "JANUARY": expected 1 to 12 or JAN to DEC'],
    ['0 9 * MON *', 'month "MON": expected 1 to 12 or JAN to DEC'],
    ['60 9 * * *', 'minute "60": expected 0 to 59'],
    ['0 24 * * *', 'hour "24": expected 0 to 23'],
    ['0 0 0 * *', 'day of the month "0": expected 1 to 31'],
    ['0 0 0/5 * *', 'day of the month "0/5": expected 1 to 31'],
    ['0 17-9 * * *', 'hour "17-9": a range ends where it begins or later'],
    ['*/0 * * * *', 'minute "*/0": expected a step of 1 to 99'],
    ['*/100 * * * *', 'minute "*/100": expected a step of 1 to 99'],
    ['*/5/2 * * * *', 'minute "*/5/2": expected a step of 1 to 99'],
    ['1,,2 * * * *', 'minute "": expected *, a value, a range or a list of them'],
    ['? * * * *', 'minute "?": expected *, a value, a range or a list of them'],
    ['0 0 * * 1#2', 'weekday "1#2": expected *, a value, a range or a list of them'],
    ['0 0 L * *', 'day of the month "L": expected 1 to 31'],
    ['-5 * * * *', 'minute "-5": expected *, a value, a range or a list of them'],
    ['1.5 * * * *', 'minute "1.5": expected *, a value, a range or a list of them'],
    ['0 0 30 2 *', 'day of the month 30: its months have at most 29 days'],
    ['0 0 30 2 MON', 'day of the month 30: its months have at most 29 days'],
    ['0 0 31 4,6,SEP *', 'day of the month 31: its months have at most 30 days'],
    ['0 9 * *', 'expected 5 fields (minute, hour, day of the month, month, weekday), found 4'],
    ['0 0 9 * * *', 'expected 5 fields (minute, hour, day of the month, month, weekday), found 6'],
    ['', 'expected 5 fields (minute, hour, day of the month, month, weekday), found 0'],
    [
      '@dayly',
      'there is no such nickname (did you mean @daily?); there are @yearly, @annually, @monthly, ' +
        '@weekly, @daily, @midnight, @hourly, @reboot',
    ],
  ])('refuses %j', (text, reason) => {
    expect(problem(text)).toBe(`${JSON.stringify(text)}: ${reason}`)
  })

  test('refuses what is no text', () => {
    expect([problem(undefined), problem(5)]).toEqual([
      'expected a cron expression, found undefined',
      'expected a cron expression, found 5',
    ])
  })

  test('throws for nothing that it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d*/,@A-Z -]{0,30}$/)), (text) => {
        readExpression(text)
      }),
    )
  })
})
