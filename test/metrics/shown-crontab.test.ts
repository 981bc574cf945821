import { describe, expect, test } from 'vitest'
import { entryOf } from '../../src/cron/crontab.ts'
import { readRule, type CronOptions } from '../../src/cron/rule.ts'
import { lessenCrontab, shownCrontab, type ShownCron } from '../../src/metrics/shown-crontab.ts'

function entry(given: CronOptions & { readonly args?: object }) {
  const reading = readRule(given)
  if (!('rule' in reading)) throw new Error(JSON.stringify(reading.problems))

  return entryOf({ rule: reading.rule, worker: 'Report', definition: undefined }, 'UTC')
}

const shown = (...given: Parameters<typeof entry>) => shownCrontab([entry(...given)])[0]

describe('shown crontab', () => {
  test('has the keys that Oban Web reads, and no others', () => {
    const options = { queue: 'night', priority: 1, maxAttempts: 3, tags: ['a'], meta: { k: 1 } }

    expect(
      shown({
        expression: '0 9 * * MON-FRI',
        timezone: 'Europe/Berlin',
        name: 'morning',
        guaranteed: true,
        args: { team: 7 },
        ...options,
      }),
    ).toEqual([
      '0 9 * * MON-FRI',
      'Report',
      {
        name: 'morning',
        timezone: 'Europe/Berlin',
        args: { team: 7 },
        queue: 'night',
        priority: 1,
        max_attempts: 3,
        tags: ['a'],
        guaranteed: true,
      },
    ])
  })

  test('always has a name, that of meta.cron_name, and a time zone', () => {
    const bare = entry({ expression: '@daily' })

    expect(shownCrontab([bare])).toEqual([
      ['@daily', 'Report', { name: bare.name, timezone: 'UTC' }],
    ])
    expect(bare.name).toMatch(/^[0-9a-f]{16}$/)
  })

  test.each([
    ['0   9 \t* * *', '0 9 * * *'],
    ['00 09 01 * 0', '0 9 1 * 0'],
    ['*/15 0-23/2 1,10,20 JAN *', '*/15 0-23/2 1,10,20 JAN *'],
    ['10 20 * * *', '10 20 * * *'],
    ['@reboot', '@reboot'],
  ])('writes %j for the parser of Elixir as %j', (written, plain) => {
    expect(shown({ expression: written })?.[0]).toBe(plain)
  })

  test('is lessened by its arguments, and then by half', () => {
    const full: ShownCron[] = ['a', 'b', 'c'].map((name) => [
      '@daily',
      'Report',
      { name, timezone: 'UTC', ...(name === 'b' && { args: { team: 7 } }) },
    ])
    const lean = lessenCrontab(full)
    expect(lean?.map(([, , options]) => options)).toEqual(
      ['a', 'b', 'c'].map((name) => ({ name, timezone: 'UTC' })),
    )
    const half = lean && lessenCrontab(lean)

    expect(half).toEqual(lean?.slice(0, 2))
    expect(lessenCrontab(full.slice(0, 1))).toBe(undefined)
  })
})
