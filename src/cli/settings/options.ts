/** The settings that can be given outside of the file: as an option of a command, or as a variable. */
import type { OptionSpecs } from '../command.ts'

export const LOG_KINDS = ['json', 'pretty', 'silent'] as const

const TRUE_OR_FALSE = ['true', 'false'] as const

/** Which database, and which schema of it: what every command that works on one takes. */
export const databaseOptions = {
  config: {
    type: 'string',
    value: 'file',
    variable: 'OBAN_CONFIG',
    completes: 'file',
    description: 'the configuration. Default: oban.config.js, .mjs or .ts in this folder',
  },
  'database-url': {
    type: 'string',
    value: 'url',
    variable: 'OBAN_DATABASE_URL',
    description: "the database. Default: the file's, else DATABASE_URL",
  },
  prefix: {
    type: 'string',
    value: 'schema',
    variable: 'OBAN_PREFIX',
    description: "the schema. Default: the file's, else public",
  },
} as const satisfies OptionSpecs

/** For commands that speak to an instance. */
const nameOption = {
  name: {
    type: 'string',
    value: 'name',
    variable: 'OBAN_NAME',
    description: "of the instance. Default: the file's, else Oban",
  },
} as const satisfies OptionSpecs

/** Everything that `oban start` takes. */
export const settingOptions = {
  ...databaseOptions,
  'listen-url': {
    type: 'string',
    value: 'url',
    variable: 'OBAN_LISTEN_URL',
    description: 'the server itself, for notifications past a pooler',
  },
  ...nameOption,
  node: {
    type: 'string',
    value: 'name',
    variable: 'OBAN_NODE',
    description: 'of this node. Default: host name, process id and 4 random characters',
  },
  queues: {
    type: 'string',
    value: 'list',
    variable: 'OBAN_QUEUES',
    description: 'what runs here: default:10,media',
  },
  workers: {
    type: 'string',
    value: 'glob',
    variable: 'OBAN_WORKERS',
    completes: 'file',
    description: "modules with workers, in quotes: 'src/workers/*.js'",
  },
  log: {
    type: 'string',
    value: 'kind',
    words: LOG_KINDS,
    variable: 'OBAN_LOG',
    description: 'how log lines look. Default: warnings and errors, on standard error',
  },
  'log-level': {
    type: 'string',
    value: 'level',
    words: ['debug', 'info', 'warn', 'error'],
    variable: 'OBAN_LOG_LEVEL',
    description: 'the lowest that is logged. Default: info with --log, else warn',
  },
  'shutdown-grace-period': {
    type: 'string',
    value: 'seconds',
    variable: 'OBAN_SHUTDOWN_GRACE_PERIOD',
    description: 'how long running jobs may finish, or infinity. Default: 15',
  },
  leadership: {
    type: 'string',
    value: 'answer',
    words: TRUE_OR_FALSE,
    variable: 'OBAN_LEADERSHIP',
    description: 'whether this node may lead. Default: true',
  },
  metrics: {
    type: 'string',
    value: 'answer',
    words: TRUE_OR_FALSE,
    variable: 'OBAN_METRICS',
    description: 'whether Oban Web sees this node. Default: false',
  },
  notifier: {
    type: 'string',
    value: 'kind',
    words: ['postgres', 'isolated'],
    variable: 'OBAN_NOTIFIER',
    description: 'how nodes hear of each other. Default: postgres',
  },
} as const satisfies OptionSpecs

/** The endpoint that an orchestrator asks, which is the command's and not the instance's. */
export const healthOptions = {
  'health-port': {
    type: 'string',
    value: 'port',
    variable: 'OBAN_HEALTH_PORT',
    description: 'answer /live, /ready and /health over HTTP there. Default: nowhere',
  },
  'health-host': {
    type: 'string',
    value: 'address',
    variable: 'OBAN_HEALTH_HOST',
    description: 'and on this address. Default: 0.0.0.0',
  },
} as const satisfies OptionSpecs
