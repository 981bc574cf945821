/** The places a log line can go to, one for each kind of the `logger` option. */
import { Console } from 'node:console'
import type { LoggerLike } from '../config/options.ts'
import { shown } from '../shown.ts'
import type { Line } from './lines.ts'
import type { LogLevel } from '../worker/execution.ts'
import { oneLine } from './words.ts'

/** Standard output, or what stands in for it. */
export interface Output {
  readonly isTTY?: boolean | undefined
  /** A stream calls `done` with the error when it could not. */
  write(text: string, done?: (error?: Error | null) => void): unknown
  /** What streams have, and what only keeps its lines need not. */
  listenerCount?(event: 'error'): number
  once?(event: 'error', listener: (error: unknown) => void): unknown
}

export interface Sink {
  /** Lines below this level are of no use to the sink. */
  readonly least: LogLevel
  /** Whether each job deserves its line even when many fail alike: machines count, people skim. */
  readonly everyJob: boolean
  /** May throw, or answer with a promise that rejects: loggers are the user's code. */
  readonly write: (line: Line) => unknown
}

const COLOURS = { debug: 90, info: 36, warn: 33, error: 31 } as const

/** What says where a line comes from. */
const ORIGIN = new Set(['event', 'id', 'instance', 'node', 'queue', 'source', 'worker'])

function time(now: () => Date): string {
  return now().toISOString()
}

/** Where a line comes from; what jobs write names them, as several write at once. */
function place({ via, isSummary = false, fields }: Line): string {
  const { instance, queue, worker, id } = fields
  if (via === 'oban') return String(instance)

  return [queue, worker, ...(isSummary ? [] : [id])].map(String).join(' ')
}

/** Of a line by `log`: what the job gave beside the message, as `width=80 path='a.png'`. */
function details({ via, isSummary = false, fields }: Line): string {
  if (via !== 'log' || isSummary) return ''

  return Object.entries(fields)
    .filter(([key]) => !ORIGIN.has(key))
    .map(([key, value]) => ` ${oneLine(key)}=${oneLine(shown(value))}`)
    .join('')
}

/** The process's console: for people, who want to hear of trouble only. */
function consoleSink(logger: LoggerLike): Sink {
  return {
    least: 'warn',
    everyJob: false,
    write: (line) => logger[line.level](`[${place(line)}] ${line.message}${details(line)}`),
  }
}

/** A logger with levels of its own, so it gets them all; see `LoggerLike` for the two orders. */
function objectSink(logger: LoggerLike): Sink {
  return {
    least: 'debug',
    everyJob: true,
    write: ({ level, message, fields }) =>
      typeof logger.log === 'function'
        ? logger[level](message, fields)
        : logger[level](fields, message),
  }
}

/** Fields of jobs may hold what JSON does not: big integers, cycles. */
function json(line: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(line)
  } catch {
    return JSON.stringify(
      Object.fromEntries(
        Object.entries(line).map(([key, value]) => [
          key,
          typeof value === 'object' || typeof value === 'bigint' ? shown(value) : value,
        ]),
      ),
    )
  }
}

function jsonSink(output: Output, now: () => Date): Sink {
  return {
    least: 'info',
    everyJob: true,
    write: ({ level, message, fields }) => {
      const stamp = { time: time(now), level }
      output.write(`${json({ ...stamp, ...fields, ...stamp, message })}\n`)
    },
  }
}

function prettySink(output: Output, now: () => Date): Sink {
  return {
    least: 'info',
    everyJob: false,
    write: (line) => {
      const { level, via } = line
      const text = via === 'oban' ? line.message : `[${place(line)}] ${line.message}`
      const label = level.padEnd(5)
      const coloured = output.isTTY === true ? `\u001B[${COLOURS[level]}m${label}\u001B[39m` : label

      output.write(`${time(now).slice(11, 23)} ${coloured} ${text}${details(line)}\n`)
    },
  }
}

export function sinkFor(
  logger: LoggerLike | 'json' | 'pretty',
  output: Output,
  now: () => Date,
): Sink {
  if (logger === 'json') return jsonSink(output, now)
  if (logger === 'pretty') return prettySink(output, now)

  return logger instanceof Console ? consoleSink(logger) : objectSink(logger)
}
