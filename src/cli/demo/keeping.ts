/** What can be tried while the demo runs on. */
import { join } from 'node:path'
import type { Paint } from '../paint.ts'
import { shortPath, type ShownDatabase } from './screen.ts'

interface Given {
  readonly env: NodeJS.ProcessEnv
  readonly options: { readonly 'database-url'?: string; readonly prefix?: string }
}

/** How to connect with psql. A password is never shown: it is read where it is. */
function psql({ url, dataDir }: ShownDatabase, { env, options }: Given): string {
  if (dataDir !== undefined) {
    const file = join(shortPath(dataDir), 'password')

    return `PGPASSWORD="$(cat ${file})" psql ${url.replace(':***@', '@')}`
  }
  const isFromEnvironment = options['database-url'] === undefined && env['DATABASE_URL'] !== ''

  return `psql ${isFromEnvironment ? '"$DATABASE_URL"' : `'${url}'`}`
}

export function keepingLines(database: ShownDatabase, given: Given, paint: Paint): string[] {
  const { prefix } = given.options
  const schema = prefix === undefined ? '' : ` --prefix ${prefix}`
  const url = given.options['database-url'] === undefined ? '' : ` --database-url '${database.url}'`

  return [
    '',
    'The tree runs on, for jobs of others too, until Ctrl-C. In another terminal:',
    '',
    `  npx oban tree --watch${schema}${url}`,
    `  ${psql(database, given)}`,
    '',
  ].map((line) => (line.startsWith('  ') ? paint('cyan', line) : line))
}
