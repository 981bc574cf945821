import { status, type SchemaStatus } from '../engine/migrator.ts'
import { defineCommand, jsonOption } from './command.ts'
import { databaseOptions, withDatabase } from './database.ts'
import { installAndReport } from './install.ts'

export const migrateCommand = defineCommand({
  name: 'migrate',
  summary: 'run pending migrations, or show them',
  options: {
    ...databaseOptions,
    status: { type: 'boolean', description: 'show what is installed and what is pending' },
    ...jsonOption,
  },
  examples: [
    { line: 'oban migrate --status', description: 'what is there, and what would run' },
    { line: 'oban migrate', description: 'run it; the same as oban install' },
  ],

  async run(context) {
    if (!context.options.status) return installAndReport(context)

    await withDatabase(context, async (client, prefix) => {
      const result = await status(client, { prefix })
      context.print(context.options.json ? JSON.stringify(result) : table(prefix, result))
    })
  },
})

function table(prefix: string, { version, latest, ...rest }: SchemaStatus): string {
  const rows = [
    ['schema', prefix],
    ['version', `${version} (latest: ${latest})`],
    ['pending', rest.pending.join(', ') || 'none'],
    ['jobs table', rest.jobsTable],
    ['elixir version', rest.elixirVersion ?? 'none'],
  ]

  return rows.map(([name, value]) => `${String(name).padEnd(16)}${value}`).join('\n')
}
