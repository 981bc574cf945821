/** What the documents say of options and commands is what there is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { commandHelp } from '../../src/cli/help.ts'
import { healthOptions, settingOptions } from '../../src/cli/settings/options.ts'
import { parseConfig } from '../../src/config.ts'
import { problemsOf } from '../support/config-problems.ts'
import { root } from '../support/modules.ts'

const configuration = readFileSync(join(root, 'docs/configuration.md'), 'utf8')

/** Rows of the tables, by cell. */
const rows = configuration
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))

/** The keys that an object at a path may have: what is said of one that it may not have. */
function keysAt(path: string, options: object): string[] {
  const misspelt = `${path === '' ? '' : `${path}.`}zzz`
  const found = problemsOf(options).find((problem) => problem.path === misspelt)
  const [, list = ''] = /there are (.*)$/.exec(found?.message ?? '') ?? []

  return list.split(', ')
}

const zzz = 1
const nested = {
  database: { zzz },
  queues: { any: { zzz } },
  threadOptions: { zzz },
  stager: { zzz },
  synchronousCommit: { zzz },
  pruner: { zzz },
  cron: { zzz },
  metrics: { zzz },
  vacuum: { zzz },
  reindexer: { zzz },
  logger: { level: 'info', zzz },
}

describe('docs/configuration.md', () => {
  test('has a row for every option, and for no other', () => {
    const whole = Object.keys(nested)
    const below = [
      ...whole
        .filter((key) => key !== 'queues')
        .flatMap((key) => keysAt(key, nested).map((name) => `${key}.${name}`)),
      ...keysAt('queues.any', nested).map((name) => `queues.*.${name}`),
    ]
    const options = [...keysAt('', { zzz }), ...below]
    // Without a meaning beside what is in them.
    const bags = ['threadOptions', 'stager', 'synchronousCommit']
    const documented = rows.filter((cells) => cells.length === 7).map(([, option]) => option)

    expect(new Set(documented)).toEqual(new Set(options.filter((key) => !bags.includes(key))))
  })

  test('has the variable and the flag of every setting, on one row', () => {
    for (const [option, { variable }] of Object.entries({ ...settingOptions, ...healthOptions })) {
      const row = rows.find((cells) => cells.includes(`--${option}`))
      expect({ option, variable: row?.includes(variable) }).toEqual({ option, variable: true })
    }
  })

  test('tells the defaults as they are', () => {
    const config: Readonly<Record<string, unknown>> = { ...parseConfig() }
    const told = [
      'name',
      'prefix',
      'metrics',
      'reindexer',
      'leadership',
      'notifier',
      'unknownWorkers',
    ]
    const defaults = told.map((key) => rows.find(([, option]) => option === key)?.[2])

    expect(defaults).toEqual(
      told.map((key) =>
        typeof config[key] === 'string' ? `'${config[key]}'` : String(config[key]),
      ),
    )
  })
})

test.each(commands)(
  'docs/commands.md has the help of oban $name; if not: node .ci/write-commands.mjs',
  (command) => {
    const page = readFileSync(join(root, 'docs/commands.md'), 'utf8')

    expect(page).toContain(`\n## oban ${command.name}\n`)
    expect(page).toContain(`\`\`\`text\n${commandHelp(command)}\n\`\`\`\n`)
  },
)
