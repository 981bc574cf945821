import { describe, expect, test } from 'vitest'
import { Crontab, entryOf, type CronEntry } from '../../src/cron/crontab.ts'
import { MINUTE_MS } from '../../src/cron/zone.ts'
import { readRules } from '../../src/cron/rule.ts'
import { ConfigError } from '../../src/errors.ts'

const NOON_MS = Date.parse('2026-01-01T12:00Z')

function entry(said: unknown, worker = 'Report', zone = 'UTC'): CronEntry {
  const { rules, problems } = readRules(said)
  const [rule] = rules
  if (rule === undefined) throw new ConfigError(problems)

  return entryOf({ rule, worker, definition: undefined }, zone)
}

/** The runs that are owed, in minutes from noon. */
function owed(crontab: Crontab, minutes: number): number[] {
  return crontab.owed(NOON_MS + minutes * MINUTE_MS).map(({ atMs }) => (atMs - NOON_MS) / MINUTE_MS)
}

/** Deal with what is owed. */
function settle(crontab: Crontab, minutes: number): void {
  crontab.settle(crontab.owed(NOON_MS + minutes * MINUTE_MS))
}

/** When the next of several entries is due. */
function nextOf(...said: unknown[]): Date | undefined {
  return new Crontab(said.map((each) => entry(each))).nextRun(new Date(NOON_MS))
}

describe('the name of an entry', () => {
  test('is the same in every release and on every node', () => {
    expect(entry('@daily').name).toBe('8a99d10d54c1c9c7')
  })

  test('does not depend on the order of keys, nor on what is only about missed runs', () => {
    const name = entry({ expression: '@daily', args: { a: 1, b: { c: 2, d: 3 } } }).name
    const other = { args: { b: { d: 3, c: 2 }, a: 1 }, guaranteed: true, expression: '@daily' }

    expect(entry(other).name).toBe(name)
  })

  test('depends on everything else', () => {
    const names = [
      entry('@daily'),
      entry('@hourly'),
      entry('@daily', 'Other'),
      entry('@daily', 'Report', 'Europe/Berlin'),
      entry({ expression: '@daily', args: { a: 1 } }),
      entry({ expression: '@daily', queue: 'media' }),
      entry({ expression: '@daily', meta: { a: 1 } }),
      entry({ expression: '@daily', name: 'mine' }),
    ].map(({ name }) => name)

    expect(new Set(names).size).toBe(names.length)
    expect(names.at(-1)).toBe('mine')
  })

  test('is one of its kind', () => {
    expect(() => new Crontab([entry('@daily'), entry({ expression: '@daily' })])).toThrow(
      /cron: "@daily" of Report and "@daily" of Report have one name, "\w+"; give them a name each/,
    )
  })
})

describe('crontab', () => {
  test('owes what is due at this minute and the one before', () => {
    const crontab = new Crontab([entry('1 12 * * *')])

    expect([0, 1, 2, 3].map((minute) => owed(crontab, minute))).toEqual([[], [1], [1], []])
  })

  test('owes each minute to an entry of every minute', () => {
    const crontab = new Crontab([entry('* * * * *')])
    expect(owed(crontab, 5)).toEqual([4, 5])
    settle(crontab, 5)

    expect([5, 6, 7].map((minute) => owed(crontab, minute))).toEqual([[], [6], [6, 7]])
  })

  test('owes nothing for a minute that comes again', () => {
    const crontab = new Crontab([entry('* * * * *')])
    settle(crontab, 60)

    expect([owed(crontab, 1), owed(crontab, 60), owed(crontab, 61)]).toEqual([[], [], [61]])
  })

  test('forgets what it settled hours ahead, when the clock was wrong', () => {
    const crontab = new Crontab([entry('* * * * *')])
    settle(crontab, 480)

    expect([owed(crontab, 300), owed(crontab, 299)]).toEqual([[], [298, 299]])
    settle(crontab, 299)
    expect([owed(crontab, 299), owed(crontab, 300)]).toEqual([[], [300]])
  })

  test('owes the last of the runs that were missed long ago, where they are guaranteed', () => {
    const plain = new Crontab([entry('*/10 * * * *')])
    const crontab = new Crontab([entry({ expression: '*/10 * * * *', guaranteed: true })])

    expect([owed(plain, 39), owed(crontab, 39)]).toEqual([[], [30]])
    settle(crontab, 39)
    expect([owed(crontab, 39), owed(crontab, 40)]).toEqual([[], [40]])
  })

  test('owes @reboot once, until it is dealt with', () => {
    const crontab = new Crontab([entry('@reboot'), entry('5 12 * * *')])
    expect([owed(crontab, 0), owed(crontab, 1)]).toEqual([[0], [1]])
    settle(crontab, 1)

    expect([owed(crontab, 2), owed(crontab, 5)]).toEqual([[], [5]])
  })

  test('knows when the next of its entries is due', () => {
    expect(nextOf('@daily', '@hourly', '@reboot')).toEqual(new Date('2026-01-01T13:00Z'))
    expect([nextOf('@reboot'), nextOf()]).toEqual([undefined, undefined])
  })

  test('lists its entries', () => {
    const said = { expression: '@daily', name: 'mine', timezone: 'Europe/Berlin', guaranteed: true }
    const crontab = new Crontab([entry(said), entry('@reboot', 'Other')])

    expect(crontab.list(new Date(NOON_MS))).toEqual([
      {
        name: 'mine',
        expression: '@daily',
        timezone: 'Europe/Berlin',
        worker: 'Report',
        guaranteed: true,
        nextRun: new Date('2026-01-01T23:00Z'),
        lastRun: new Date('2025-12-31T23:00Z'),
      },
      expect.objectContaining({ worker: 'Other', nextRun: undefined, lastRun: undefined }),
    ])
  })
})
