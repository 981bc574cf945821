import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { defineWorker } from '../../src/worker.ts'
import { definitionOf } from '../../src/worker/definition.ts'
import { problemsOf } from '../support/config-problems.ts'

const Report = defineWorker({ name: 'Cron.Report', process() {} })

function told(cron: unknown): string[] {
  return problemsOf({ cron }).map(({ path, message }) => `${path}: ${message}`)
}

describe('the option cron', () => {
  test('has UTC and an empty crontab when nothing is said', () => {
    expect(parseConfig().cron).toEqual({ timezone: 'UTC', crontab: [] })
    expect(parseConfig({ cron: false }).cron).toBe(false)
  })

  test('takes workers and names of workers, and copies what they get', () => {
    const args = { list: [1, 2] }
    const crontab = [
      { expression: '@daily', worker: Report, args },
      { expression: '0 9 * * MON', worker: 'MyApp.Report', timezone: 'Europe/Berlin' },
    ]
    const { cron } = parseConfig({ cron: { timezone: 'Etc/UTC', crontab } })
    args.list.push(3)

    expect(cron).toMatchObject({
      timezone: 'Etc/UTC',
      crontab: [
        { worker: 'Cron.Report', rule: { expression: '@daily', args: { list: [1, 2] } } },
        { worker: 'MyApp.Report', rule: { timezone: 'Europe/Berlin' }, definition: undefined },
      ],
    })
    const [first] = cron === false ? [] : cron.crontab
    expect(first?.definition).toBe(definitionOf(Report))
    expect(Object.isFrozen(first?.definition)).toBe(false)
  })

  test.each<[unknown, string[]]>([
    [true, ['cron: expected an object with timezone, crontab, found true']],
    [{ zone: 'UTC' }, ['cron.zone: is not an option; there are timezone, crontab']],
    [
      { timezone: 'Europe/Berlim' },
      [
        'cron.timezone: expected a time zone such as \'Europe/Berlin\', found "Europe/Berlim" ' +
          '(did you mean "Europe/Berlin"?)',
      ],
    ],
    [{ crontab: {} }, ['cron.crontab: expected an array, found an object']],
    [
      { crontab: ['@daily'] },
      ['cron.crontab[0]: expected an object with expression and worker, found "@daily"'],
    ],
    [
      {
        crontab: [
          { expression: '0 9 * * 7', worker: '' },
          { worker: 5, every: 1 },
        ],
      },
      [
        'cron.crontab[0].worker: must not be empty',
        'cron.crontab[0].expression: "0 9 * * 7": weekday "7": expected 0 to 6 or SUN to SAT; Sunday is 0',
        'cron.crontab[1].worker: expected a worker or the name of one, found 5',
        'cron.crontab[1].expression: expected a cron expression, found undefined',
        'cron.crontab[1].every: is not an option',
      ],
    ],
  ])('says what is wrong with %j', (cron, expected) => {
    expect(told(cron)).toEqual(expected)
  })

  test('survives entries that throw when they are read', () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no')
        },
      },
    )
    const getter = {
      expression: '@daily',
      worker: 'A',
      get args() {
        throw new Error('no')
      },
    }

    expect(
      told({ crontab: [{ expression: '@daily', worker: 'A', args: hostile }, getter] }),
    ).toEqual([
      'cron.crontab[1].args: cannot be read: its getter throws',
      'cron.crontab[0].args: cannot become JSON (Error)',
    ])
  })
})
