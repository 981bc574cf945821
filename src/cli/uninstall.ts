import { uninstall } from '../engine/uninstall.ts'
import { defineCommand, jsonOption, UsageError } from './command.ts'
import { databaseOptions, withDatabase } from './database.ts'
import { resolveSettings } from './settings.ts'

export const uninstallCommand = defineCommand({
  name: 'uninstall',
  summary: 'drop what install made, with all jobs where it made their table',
  options: {
    ...databaseOptions,
    yes: { type: 'boolean', description: 'really do it' },
    ...jsonOption,
  },
  examples: [
    { line: 'oban uninstall', description: 'say what would be dropped, and from where' },
    { line: 'oban uninstall --prefix jobs --yes', description: 'drop it' },
  ],

  async run(context) {
    const { options, print } = context
    if (!options.yes) {
      const { prefix } = (await resolveSettings(context)).config
      throw new UsageError(
        `uninstall drops the oban_ts_* tables of schema "${prefix}", and oban_jobs with all jobs ` +
          'unless Elixir or Python made it; add --yes to do so',
      )
    }

    await withDatabase(context, async (client, prefix) => {
      const result = await uninstall(client, { prefix })
      if (options.json) return print(JSON.stringify(result))

      const removed = result.removed.join(', ')
      const kept = result.keptJobs ? '; kept oban_jobs, which others made' : ''
      print(`schema "${prefix}": ${removed === '' ? 'nothing to do' : `removed ${removed}${kept}`}`)
    })
  },
})
