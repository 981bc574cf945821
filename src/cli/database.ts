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
  /** Where an embedded server keeps its files. */
  readonly dataDir?: string
  /**
   * Stop the server, if this command started it and nobody else has come to use it.
   *
   * @returns whether it runs on
   */
  stop(): Promise<boolean>
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
  const given = options['database-url'] ?? env['DATABASE_URL'] ?? ''
  if (given !== '') return { url: given, stop: () => Promise.resolve(true) }

  const [{ startEmbedded }, { isShared }] = await Promise.all([
    import('../embedded/server.ts'),
    import('./shared-server.ts'),
  ])
  const server = await startEmbedded({ onLog: warn })
  const { url, dataDir, attached } = server

  return {
    url,
    dataDir,
    stop: async () => {
      if (attached || (await isShared(url))) return true
      await server.stop()

      return false
    },
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
