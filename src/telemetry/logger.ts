/**
 * The default logger: puts the events of one instance into lines for the configured logger.
 *
 * @see https://hexdocs.pm/oban/Oban.Telemetry.html#attach_default_logger/1
 */
import type { Config } from '../config.ts'
import { attach } from './channels.ts'
import { coalescer, type LogClock } from './coalesce.ts'
import { EVENT_NAMES } from './events.ts'
import { isJob, lineOf, LOUDEST, type Line } from './lines.ts'
import { sinkFor, type Output } from './sinks.ts'
import { banner, isAtLeast } from './words.ts'

export interface LoggerInput extends Pick<Config, 'name' | 'node' | 'logger'> {
  readonly clock: LogClock
  /** Where 'json' and 'pretty' write. Default: the standard output */
  readonly output?: Output | undefined
}

/**
 * Log the events of an instance until the returned function is called.
 *
 * What jobs write to the console is passed on as it is. Repeated warnings are counted instead of
 * printed (see `coalesce.ts`). A logger that throws loses the line; the first time a warning of the
 * process says so.
 *
 * @returns detaches the logger, after telling what was only counted so far
 */
export function attachLogger(input: LoggerInput): () => void {
  const { name, node, logger, clock, output = process.stdout } = input
  if (logger === false) return () => {}

  const sink = sinkFor(logger, output, () => clock.now())
  const write = contained(sink.write)
  const repeats = coalescer(clock, write)
  const events = EVENT_NAMES.filter((event) => isAtLeast(LOUDEST[event], sink.least))

  const detach = attach(events, (event) => {
    if (event.instance !== name || event.node !== node) return
    const line = lineOf(event)
    if (line.isConsole) {
      write(line)

      return
    }
    if (!isAtLeast(line.level, sink.least)) return

    const isRecord = sink.everyJob && isJob(event.event)
    if (isRecord || !isAtLeast(line.level, 'warn')) write(line)
    else repeats.write(line)
  })

  return () => {
    detach()
    repeats.flush()
  }
}

/** A broken logger must harm neither jobs nor actors, and must not be detached for one bad line. */
function contained(write: (line: Line) => unknown): (line: Line) => void {
  let warned = false

  const warn = (error: unknown) => {
    if (warned) return
    warned = true
    const message = `the logger failed, log lines are lost: ${banner(error)}`
    process.emitWarning(message, { type: 'ObanWarning', code: 'OBAN_LOGGER_FAILED' })
  }

  return (line) => {
    try {
      const result = write(line)
      if (result instanceof Promise) result.catch(warn)
    } catch (error) {
      warn(error)
    }
  }
}
