/** The schema of the `logger` option. */
import { z } from 'zod'
import { attempt, found, isPlain } from './input.ts'
import type { LogLevel } from '../worker/execution.ts'
import type { LoggerLike } from './options.ts'
import { bag, either, oneOf, value } from './values.ts'

const METHODS = ['debug', 'info', 'warn', 'error']
const SETTINGS = ['encode', 'events', 'level', 'logger']

/** What is logged, and where. */
export interface Logging {
  readonly to: LoggerLike | 'json' | 'pretty' | false
  readonly level: LogLevel | undefined
  /** Names of events, which whoever attaches the logger looks at; undefined for what suits its kind. */
  readonly events: readonly string[] | 'all' | undefined
}

function isLogger(given: unknown): given is LoggerLike {
  if (typeof given !== 'object' || given === null) return false

  return METHODS.every((method) => typeof Reflect.get(given, method) === 'function')
}

const like = value<LoggerLike>(isLogger, {
  expected: 'a logger with debug, info, warn and error',
})

const names = z.array(
  value<string>((given) => typeof given === 'string', { expected: 'the name of an event' }),
  { error: ({ input }) => `expected 'all' or an array of names, found ${found(input)}` },
)

const settings = bag({
  encode: oneOf('json', 'pretty').optional(),
  events: either<readonly string[] | 'all'>((given) =>
    typeof given === 'string' ? oneOf('all') : names,
  ).optional(),
  level: oneOf('debug', 'info', 'warn', 'error').optional(),
  logger: like.optional(),
}).transform(({ encode, events, level, logger: given }, context): Logging => {
  if (encode !== undefined && given !== undefined) {
    context.addIssue('expected either encode or logger, which encodes by itself')

    return z.NEVER
  }

  return { to: given ?? encode ?? console, level, events }
})

const target = either<Logging['to']>((given) =>
  typeof given === 'string'
    ? oneOf('json', 'pretty')
    : value<LoggerLike | false>((other) => other === false || isLogger(other), {
        expected:
          "a logger with debug, info, warn and error, 'json', 'pretty', { level, encode, events, logger } or false",
      }),
).transform((to): Logging => ({ to, level: undefined, events: undefined }))

/** Loggers may be plain objects as well, with a `level` of their own. */
function isSettings(given: unknown): boolean {
  return isPlain(given) && !isLogger(given) && SETTINGS.some((key) => Object.hasOwn(given, key))
}

export const logger = either<Logging>((given) =>
  attempt(() => isSettings(given), false)
    ? z.preprocess((plain) => attempt(() => Object.assign({}, plain), {}), settings)
    : target,
)
