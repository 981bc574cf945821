/**
 * The default logger: puts events into lines for the configured logger.
 *
 * @see https://hexdocs.pm/oban/Oban.Telemetry.html#attach_default_logger/1
 */
import type { Config } from '../config.ts'
import type { LoggerLike } from '../config/options.ts'
import { attach, checkedEvents } from './channels.ts'
import { coalescer, type LogClock } from './coalesce.ts'
import { FACT_NAMES, type EventName, type TelemetryEvent } from './events.ts'
import { isJob, lineOf, loudest, type Line } from './lines.ts'
import { sinkFor, type Output } from './sinks.ts'
import type { LogLevel } from '../worker/execution.ts'
import { banner, isAtLeast } from './words.ts'

export interface LoggerInput
  extends Pick<Config, 'name' | 'node' | 'logger'>, Partial<Pick<Config, 'logged'>> {
  readonly clock: LogClock
  /** Where 'json' and 'pretty' write. Default: the standard output */
  readonly output?: Output | undefined
}

/**
 * Log the events of an instance until the returned function is called.
 *
 * @returns detaches the logger, after telling what was only counted so far
 * @throws {ConfigError} when it is to log an event that does not exist
 */
export function attachLogger({ name, node, logger, logged, ...rest }: LoggerInput): () => void {
  if (logger === false) return () => {}
  const isOurs = (event: TelemetryEvent) => event.instance === name && event.node === node
  const events = logged && checkedEvents(logged.events, 'logger.events')

  return attachLines({ ...rest, isOurs, to: logger, level: logged?.level, events })
}

export interface LinesInput {
  readonly isOurs: (event: TelemetryEvent) => boolean
  readonly to: LoggerLike | 'json' | 'pretty'
  /** Lowest level that is logged. Default: what suits the kind of logger */
  readonly level?: LogLevel | undefined
  /** Default: all but those of spans, of which there are hundreds a second */
  readonly events?: readonly EventName[] | 'all' | undefined
  readonly clock: LogClock
  readonly output?: Output | undefined
}

/**
 * Log events until the returned function is called.
 *
 * What jobs write to the console is passed on as it is. Repeated warnings are counted instead of
 * printed (see `coalesce.ts`). A logger that throws, and a stream that fails, lose the line; the first time
 * a warning of the process says so.
 */
export function attachLines(input: LinesInput): () => void {
  const { isOurs, to, clock, output = process.stdout } = input
  const lost = warnOnce()
  const sink = sinkFor(to, heardOut(output, lost), () => clock.now())
  const { level: least = sink.least } = input
  const write = contained(sink.write, lost)
  const repeats = coalescer(clock, write)

  const detach = attach(loggable(input.events, least), (event) => {
    if (!isOurs(event)) return
    const line = lineOf(event)
    // It gets there whatever the level, as without a logger.
    if (line.via === 'console') {
      write(line)

      return
    }
    if (!isAtLeast(line.level, least)) return

    const isRecord = sink.everyJob && isJob(event.event)
    // A queue is set anew by whoever sends a signal, as often as they like.
    const isBounded = isAtLeast(line.level, 'warn') || event.event === 'queue.change'
    if (isRecord || !isBounded) write(line)
    else repeats.write(line)
  })

  return () => {
    detach()
    repeats.flush()
  }
}

/** Those that may have something to say at this level; the others are not listened to at all. */
function loggable(events: LinesInput['events'], least: LogLevel): EventName[] {
  const asked = events === undefined || events === 'all' ? FACT_NAMES : events

  return asked.filter((name) => isAtLeast(loudest(name), least))
}

/** The first time a warning of the process says that lines are lost. */
function warnOnce(): (error: unknown) => void {
  let warned = false

  return (error) => {
    if (warned) return
    warned = true
    const message = `the logger failed, log lines are lost: ${banner(error)}`
    process.emitWarning(message, { type: 'ObanWarning', code: 'OBAN_LOGGER_FAILED' })
  }
}

/**
 * The stream, heard when it fails. A full disk or a reader that has gone comes as its event `error`, which
 * ends the process where nobody listens: a log must not, as that of `console` does not.
 */
function heardOut(output: Output, lost: (error: unknown) => void): Output {
  // Called before the event.
  const onWritten = (error?: Error | null): void => {
    if (error === undefined || error === null) return
    lost(error)
    if (output.listenerCount?.('error') === 0) output.once?.('error', lost)
  }

  return { isTTY: output.isTTY, write: (text) => output.write(text, onWritten) }
}

/** A broken logger must harm neither jobs nor actors, and must not be detached for one bad line. */
function contained(
  write: (line: Line) => unknown,
  lost: (error: unknown) => void,
): (line: Line) => void {
  return (line) => {
    try {
      const result = write(line)
      if (result instanceof Promise) result.catch(lost)
    } catch (error) {
      lost(error)
    }
  }
}
