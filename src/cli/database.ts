/** Which database a command works on, and the connection to it. */
import type { Client } from 'pg'
import { connectClient } from '../engine/client.ts'
import { UsageError, type Context, type OptionSpecs } from './command.ts'

export const databaseOptions = {
  'database-url': {
    type: 'string',
    value: 'url',
    description: 'the database. Default: DATABASE_URL',
  },
  prefix: { type: 'string', value: 'schema', description: 'the schema. Default: public' },
} as const satisfies OptionSpecs

type DatabaseContext = Context<typeof databaseOptions>

/**
 * The URL of the database that a command was told to use.
 *
 * @throws {UsageError} when there is none
 */
export function resolveDatabase({ options, env }: DatabaseContext): Promise<string> {
  const url = options['database-url'] ?? env['DATABASE_URL'] ?? ''
  if (url !== '') return Promise.resolve(url)

  return Promise.reject(new UsageError('no database is given; use --database-url or DATABASE_URL'))
}

/** Run `work` on a connection to the database, and end it. */
export async function withDatabase<Result>(
  context: DatabaseContext,
  work: (client: Client, prefix: string) => Promise<Result>,
): Promise<Result> {
  const client = await connectClient(await resolveDatabase(context), { role: 'cli' })
  try {
    return await work(client, context.options.prefix ?? 'public')
  } finally {
    await client.end()
  }
}
