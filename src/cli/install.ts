import { install } from '../engine/migrator.ts'
import { defineCommand, jsonOption, type Context } from './command.ts'
import { databaseOptions, withDatabase } from './database.ts'

const options = {
  ...databaseOptions,
  'search-indexes': {
    type: 'boolean',
    description: 'also index args and meta, for which every insert pays',
  },
  ...jsonOption,
} as const

export const installCommand = defineCommand({
  name: 'install',
  summary: 'create the tables, or add what is missing beside Elixir or Python',
  options,
  examples: [
    { line: 'oban install', description: 'in the database of oban.config.js, else DATABASE_URL' },
    { line: 'oban install --prefix jobs', description: 'in a schema of its own, made if missing' },
  ],
  run: installAndReport,
})

/** Run what is pending, and say what ran. */
export async function installAndReport(context: Context<typeof options>): Promise<void> {
  const searchIndexes = context.options['search-indexes'] ?? false

  await withDatabase(context, async (client, prefix) => {
    const result = await install(client, { prefix, searchIndexes })
    if (context.options.json) return context.print(JSON.stringify(result))

    for (const warning of result.warnings) context.warn(`warning: ${warning}`)
    const { applied } = result
    const effect = applied.length === 0 ? 'nothing to do' : `applied ${applied.join(', ')}`
    context.print(`schema "${prefix}": ${effect}`)
  })
}
