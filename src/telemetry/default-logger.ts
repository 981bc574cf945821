/** A logger of events for any number of instances, beside the one that each has by its options. */
import { systemClock } from '../clock.ts'
import type { LoggerLike, LoggerOptions } from '../config/options.ts'
import { ConfigError, type Problem } from '../errors.ts'
import { unknownKeyProblems } from '../job/fields.ts'
import { checkedEvents } from './channels.ts'
import { attachLines } from './logger.ts'
import type { Output } from './sinks.ts'
import { isLevel, LEVELS } from './words.ts'

export interface DefaultLoggerOptions extends LoggerOptions {
  /** Names of the instances whose events are logged. Default: all of this process */
  readonly instances?: readonly string[] | undefined
  /** Where `encode` writes its lines. Default: the standard output */
  readonly stream?: Output | undefined
}

const OPTIONS = [
  'encode',
  'events',
  'instances',
  'level',
  'logger',
  'stream',
] satisfies (keyof DefaultLoggerOptions)[]

const ENCODINGS = ['json', 'pretty'] as const

/**
 * Log the events of the instances of this process: lines of JSON on standard output, from level `info`.
 *
 * An instance logs by itself already (`logger` of `new Oban()`, by default warnings to the console): give
 * it `logger: false` where lines would come twice. Events that repeat are counted instead of printed.
 *
 * @example
 * ```ts
 * const detach = attachDefaultLogger({ level: 'warn', encode: 'pretty', instances: ['Oban'] })
 * ```
 *
 * @returns detaches the logger, after telling what was only counted so far
 * @throws {ConfigError} when an option, a level, an encoding or an event does not exist
 * @see https://hexdocs.pm/oban/Oban.Telemetry.html#attach_default_logger/1
 */
export function attachDefaultLogger(options: DefaultLoggerOptions = {}): () => void {
  const { level = 'info', encode, events, instances, logger, stream } = options
  const problems = unknownKeyProblems(options, OPTIONS)
  if (!isLevel(level)) problems.push(notOneOf('level', LEVELS, level))
  if (encode !== undefined && !ENCODINGS.includes(encode)) {
    problems.push(notOneOf('encode', ENCODINGS, encode))
  }
  if (logger !== undefined && (encode !== undefined || stream !== undefined)) {
    const message = 'expected no encode and no stream beside a logger, which has its own'
    problems.push({ path: 'logger', message })
  }
  if (problems.length > 0) throw new ConfigError(problems)
  const to: LoggerLike | 'json' | 'pretty' = logger ?? encode ?? 'json'

  return attachLines({
    isOurs: ({ instance }) => instances === undefined || instances.includes(instance),
    to,
    level,
    events: checkedEvents(events, 'events'),
    clock: systemClock,
    output: stream,
  })
}

function notOneOf(path: string, known: readonly string[], given: unknown): Problem {
  const words = known.map((word) => `'${word}'`).join(' or ')

  return { path, message: `expected ${words}, found ${JSON.stringify(given)}` }
}
