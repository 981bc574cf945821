/**
 * Which database a command works on, and the connection to it.
 *
 * Only the command line may fall back to an embedded server without being asked: an application that
 * lost its DATABASE_URL must fail, not begin to fill an empty database.
 */
import type { Client, ClientConfig } from 'pg'
import type { DatabaseConfig } from '../config.ts'
import { connectClient } from '../engine/client.ts'
import { connectionOf, listenerOf } from '../engine/reach.ts'
import type { Context, OptionSpecs } from './command.ts'
import { resolveSettings, type Settings } from './settings.ts'
import type { Given } from './settings/sourced.ts'
import { databaseOptions as settingsOfDatabase } from './settings/options.ts'

export const databaseOptions = {
  ...settingsOfDatabase,
  'database-url': {
    ...settingsOfDatabase['database-url'],
    description: "the database. Default: the file's, else DATABASE_URL, else one in .oban/",
  },
} as const satisfies OptionSpecs

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

interface Wanted {
  /** Default: an embedded server */
  readonly url?: string | undefined
  /** Of the embedded server. Default: `.oban` in the working folder */
  readonly dataDir?: string
  readonly warn: (line: string) => void
}

/**
 * The database with this URL, else the server that runs from the data folder, else one started there.
 *
 * @throws {EmbeddedError} when an embedded server is needed and cannot run here
 */
export async function openDatabase({
  url: given,
  dataDir,
  warn,
}: Wanted): Promise<CommandDatabase> {
  if (given !== undefined) return { url: given, stop: () => Promise.resolve(true) }

  const [{ startEmbedded }, { isShared }] = await Promise.all([
    import('../embedded/server.ts'),
    import('./shared-server.ts'),
  ])
  const server = await startEmbedded({ onLog: warn, ...(dataDir !== undefined && { dataDir }) })
  const { url, attached } = server

  return {
    url,
    dataDir: server.dataDir,
    stop: async () => {
      if (attached || (await isShared(url))) return true
      await server.stop()

      return false
    },
  }
}

/** What else the settings say. */
export interface Means {
  /** The instance that the settings name. Default: Oban */
  readonly name: string
  readonly settings: Settings
}

/**
 * Run `work` on a connection to the database of the settings, and end what was opened for it.
 *
 * @throws {ConfigError} when the file, a variable or an option that it needs is wrong
 */
export async function withDatabase<Result>(
  context: Given & Pick<Context, 'warn'>,
  work: (client: Client, prefix: string, means: Means) => Promise<Result>,
): Promise<Result> {
  return withAddress(context, async ({ connect, prefix }, means) => {
    const client = await connectClient(connect, { role: 'cli' })
    try {
      return await work(client, prefix, means)
    } finally {
      await client.end()
    }
  })
}

/** Where the jobs are. */
export interface Address {
  readonly connect: ClientConfig
  /** For LISTEN, past a pooler. */
  readonly listen: ClientConfig
  readonly prefix: string
}

/**
 * The same for a command that opens connections by itself.
 *
 * @throws {ConfigError} when the file, a variable or an option that it needs is wrong
 */
export async function withAddress<Result>(
  context: Given & Pick<Context, 'warn'>,
  work: (address: Address, means: Means) => Promise<Result>,
): Promise<Result> {
  const settings = await resolveSettings(context)
  const { database: wanted, name, prefix } = settings.config
  const { connect, stop } = await reach(wanted, context.warn)
  try {
    const listen = listenerOf(wanted) ?? connect

    return await work({ connect, listen, prefix }, { name, settings })
  } finally {
    await stop()
  }
}

/** How to connect to the database of the settings, which is embedded where they name none. */
export async function reach(
  wanted: DatabaseConfig | undefined,
  warn: (line: string) => void,
): Promise<Pick<CommandDatabase, 'stop'> & { readonly connect: ClientConfig }> {
  if (wanted !== undefined && wanted.kind !== 'embedded') {
    return { connect: connectionOf(wanted), stop: () => Promise.resolve(true) }
  }
  const database = await openDatabase({ warn, ...wanted })

  return { connect: { connectionString: database.url }, stop: () => database.stop() }
}
