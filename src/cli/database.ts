/**
 * Which database a command works on, and the connection to it.
 *
 * Only the command line may fall back to an embedded server without being asked: an application that
 * lost its DATABASE_URL must fail, not begin to fill an empty database.
 */
import type { Client } from 'pg'
import { connectClient } from '../engine/client.ts'
import type { Context, OptionSpecs } from './command.ts'

export const databaseOptions = {
  'database-url': {
    type: 'string',
    value: 'url',
    description: 'the database. Default: DATABASE_URL, else an embedded one in .oban/',
  },
  prefix: { type: 'string', value: 'schema', description: 'the schema. Default: public' },
} as const satisfies OptionSpecs

type DatabaseContext = Pick<Context<typeof databaseOptions>, 'env' | 'options' | 'warn'>

/** The database of a command. */
export interface CommandDatabase {
  readonly url: string
  /** Named by the user, found running in the data folder, or started there for this command. */
  readonly origin: 'given' | 'found' | 'started'
  /** Where the embedded server keeps its files. */
  readonly dataDir?: string
  /** Stop the server, if this command started it. */
  stop(): Promise<void>
}

/**
 * Find the database: the option, else DATABASE_URL, else the server that runs from the data folder,
 * else one started there.
 *
 * @throws {EmbeddedError} when an embedded server is needed and cannot run here
 */
export async function resolveDatabase({
  options,
  env,
  warn,
}: DatabaseContext): Promise<CommandDatabase> {
  const url = options['database-url'] ?? env['DATABASE_URL'] ?? ''
  if (url !== '') return { url, origin: 'given', stop: () => Promise.resolve() }

  const { startEmbedded } = await import('../embedded/server.ts')
  const { attached, dataDir, ...server } = await startEmbedded({ onLog: warn })

  return {
    url: server.url,
    dataDir,
    origin: attached ? 'found' : 'started',
    stop: () => server.stop(),
  }
}

/** Run `work` on a connection to the database, and end what was opened for it. */
export async function withDatabase<Result>(
  context: DatabaseContext,
  work: (client: Client, prefix: string) => Promise<Result>,
): Promise<Result> {
  const database = await resolveDatabase(context)
  try {
    const client = await connectClient(database.url, { role: 'cli' })
    try {
      return await work(client, context.options.prefix ?? 'public')
    } finally {
      await client.end()
    }
  } finally {
    await database.stop()
  }
}
