/**
 * Gives the lines that bodies write to the console to the logger, with the job they belong to. Outside
 * of every job, as while a module loads, the console stays as it is.
 */
import { format, inspect, type InspectOptions } from 'node:util'
import type { LogLevel } from '../worker/execution.ts'
import { currentJob } from './current.ts'
import type { JobMessage, LogLine } from './protocol.ts'

/** `table`, `group`, `count`, `assert`, `timeEnd` and their like write through these. */
const LEVELS = {
  log: 'info',
  info: 'info',
  debug: 'debug',
  warn: 'warn',
  error: 'error',
} as const satisfies Partial<Record<keyof Console, LogLevel>>

function isMethod(name: string): name is keyof typeof LEVELS {
  return Object.hasOwn(LEVELS, name)
}

export function lineOf({ token, job }: JobMessage, level: LogLevel, message: string): LogLine {
  const { queue, worker } = job

  return { token, level, via: 'console', message, fields: { id: Number(job.id), queue, worker } }
}

/**
 * Take what bodies write to the console of this thread.
 *
 * @param onLine - gets each line at once: the body may end its thread with the next statement
 */
export function takeConsole(console: Console, onLine: (line: LogLine) => void): void {
  for (const name of Object.keys(LEVELS).filter(isMethod)) {
    const write = console[name].bind(console)
    console[name] = (...args: unknown[]) => {
      const job = currentJob()
      if (job === undefined) write(...args)
      else onLine(lineOf(job, LEVELS[name], format(...args)))
    }
  }

  const dir = console.dir.bind(console)
  const trace = console.trace.bind(console)
  console.dir = (value: unknown, options?: InspectOptions) => {
    const job = currentJob()
    if (job === undefined) dir(value, options)
    else onLine(lineOf(job, 'info', inspect(value, { customInspect: false, ...options })))
  }
  const traceJob = (...args: unknown[]): void => {
    const job = currentJob()
    if (job === undefined) {
      trace(...args)

      return
    }
    const stack: { readonly stack?: string } = {}
    Error.captureStackTrace(stack, traceJob)
    const frames = (stack.stack ?? '').replace(/^.*\n/, '\n')
    onLine(lineOf(job, 'debug', `Trace: ${format(...args)}${frames}`))
  }
  console.trace = traceJob
}
