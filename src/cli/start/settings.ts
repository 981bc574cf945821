/**
 * What an instance is started with: the file, over it the environment, over both the options of the
 * command. Only what suits a variable can be replaced.
 */
import type { DatabaseOptions, ObanOptions, QueueOptions } from '../../config/options.ts'
import { UsageError, type OptionSpecs, type OptionValues } from '../command.ts'

export const settingOptions = {
  'database-url': {
    type: 'string',
    value: 'url',
    description: "the database. Default: the file's, else DATABASE_URL",
  },
  'listen-url': {
    type: 'string',
    value: 'url',
    description: 'the server itself, for notifications past a pooler (OBAN_LISTEN_URL)',
  },
  prefix: { type: 'string', value: 'schema', description: 'the schema (OBAN_PREFIX)' },
  queues: {
    type: 'string',
    value: 'list',
    description: 'what runs here: default:10,media (OBAN_QUEUES)',
  },
  name: { type: 'string', value: 'name', description: 'of the instance (OBAN_NAME)' },
  node: { type: 'string', value: 'name', description: 'of this node (OBAN_NODE)' },
  log: {
    type: 'string',
    value: 'kind',
    description: 'json, pretty or silent (OBAN_LOG). Default: warnings and errors',
  },
} as const satisfies OptionSpecs

interface Given {
  readonly options: OptionValues<typeof settingOptions>
  readonly env: NodeJS.ProcessEnv
}

/**
 * Put together what was given.
 *
 * @throws {UsageError} when a list of queues or a kind of log cannot be read
 */
export function settingsOf(file: ObanOptions, { options, env }: Given): ObanOptions {
  // A variable that is set to nothing is one that is not set, as in a compose file.
  const either = (option: keyof typeof settingOptions, variable: string): string | undefined =>
    options[option] ?? (env[variable] || undefined)
  const queues = either('queues', 'OBAN_QUEUES')
  const log = either('log', 'OBAN_LOG')

  return {
    ...file,
    database: databaseOf(file.database, {
      // The file has had its chance to read a variable that everybody uses.
      url:
        options['database-url'] ?? (file.database ? undefined : env['DATABASE_URL'] || undefined),
      listen: either('listen-url', 'OBAN_LISTEN_URL'),
    }),
    prefix: either('prefix', 'OBAN_PREFIX') ?? file.prefix,
    name: either('name', 'OBAN_NAME') ?? file.name,
    node: either('node', 'OBAN_NODE') ?? file.node,
    queues: queues === undefined ? file.queues : readQueues(queues, file.queues ?? {}),
    logger: log === undefined ? file.logger : readLog(log),
  }
}

interface Addresses {
  readonly url: string | undefined
  readonly listen: string | undefined
}

function databaseOf(
  file: DatabaseOptions | undefined,
  { url, listen }: Addresses,
): DatabaseOptions | undefined {
  const database = url ?? file
  if (listen === undefined || database === undefined) return database

  return typeof database === 'string' ? { url: database, listen } : { ...database, listen }
}

type Queues = NonNullable<ObanOptions['queues']>

/** Each with the options that the file has for it, and the limit if one is given. */
function readQueues(list: string, file: Queues): Queues {
  const entries = list.split(',').map((entry) => readQueue(entry.trim(), file))

  return Object.fromEntries(entries)
}

function readQueue(entry: string, file: Queues): [name: string, options: QueueOptions | number] {
  const [, name = '', digits] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? []
  const known = Object.hasOwn(file, name) ? file[name] : undefined
  if (digits !== undefined) {
    const limit = Number(digits)

    return [name, typeof known === 'object' ? { ...known, limit } : limit]
  }
  if (known !== undefined) return [name, known]

  throw new UsageError(
    `a list of queues is name:limit,name:limit; "${entry}" has no limit, here or in the file`,
  )
}

function readLog(kind: string): 'json' | 'pretty' | false {
  if (kind === 'json' || kind === 'pretty') return kind
  if (kind === 'silent') return false

  throw new UsageError(`a log is json, pretty or silent, not "${kind}"`)
}
