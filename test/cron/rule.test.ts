import { describe, expect, test } from 'vitest'
import { readRule, readRules } from '../../src/cron/rule.ts'

function problems(given: unknown): string[] {
  return readRules(given).problems.map(({ path, message }) => `${path}: ${message}`)
}

describe('cron rule', () => {
  test('is an expression alone', () => {
    expect(readRule(' @daily ')).toEqual({
      rule: {
        expression: '@daily',
        timezone: undefined,
        name: undefined,
        guaranteed: false,
        args: {},
        options: {},
      },
    })
  })

  test('copies what it is given', () => {
    const given = {
      expression: '0 9 * * MON-FRI',
      timezone: 'Europe/Berlin',
      name: 'morning',
      guaranteed: true,
      args: { path: 'a.png', at: new Date(0) },
      queue: 'media',
      priority: 3,
      maxAttempts: 5,
      tags: ['png'],
      meta: { tenant: 7 },
    }
    const { rules } = readRules([given, '@hourly'])

    expect(rules.map(({ expression }) => expression)).toEqual(['0 9 * * MON-FRI', '@hourly'])
    expect(rules[0]).toEqual({
      expression: '0 9 * * MON-FRI',
      timezone: 'Europe/Berlin',
      name: 'morning',
      guaranteed: true,
      args: { path: 'a.png', at: '1970-01-01T00:00:00.000Z' },
      options: {
        queue: 'media',
        priority: 3,
        maxAttempts: 5,
        tags: ['png'],
        meta: { tenant: 7 },
      },
    })
  })

  test.each<[unknown, string[]]>([
    [undefined, []],
    [5, ['cron: expected a cron expression or an object with one, found 5']],
    [[null], ['cron[0]: expected a cron expression or an object with one, found null']],
    ['daily', [expect.stringMatching(/^cron\.expression: "daily": expected 5 fields/)]],
    [{}, ['cron.expression: expected a cron expression, found undefined']],
    [
      ['@daily', { expression: '@daily', timezone: 'Berlin', every: 5, guaranteed: 'yes' }],
      [
        'cron[1].timezone: expected a time zone such as \'Europe/Berlin\', found "Berlin"',
        "cron[1].guaranteed: must be true or false, got 'yes'",
        'cron[1].every: is not an option',
      ],
    ],
    [
      { expression: '@daily', name: '', args: [1], priority: 11, tags: 'a', meta: 5 },
      [
        'cron.priority: must be an integer from 0 to 9, got 11',
        "cron.tags: must be an array of strings, got 'a'",
        'cron.meta: must be an object, got 5',
        'cron.args: must be an object, got [ 1 ]',
        'cron.name: must not be empty',
      ],
    ],
    [
      { expression: '@daily', args: { big: 1n } },
      [expect.stringMatching(/^cron\.args\.big: .*BigInt/)],
    ],
  ])('says what is wrong with %o', (given, expected) => {
    expect(problems(given)).toEqual(expected)
  })
})
