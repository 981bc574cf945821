/**
 * Events on `node:diagnostics_channel`: emitting costs one property read while nobody listens.
 *
 * Tools may subscribe to the channels `oban-ts:<event>` themselves; Node.js turns what such a
 * subscriber throws into an uncaught exception. Handlers given to `attach` are contained.
 */
import { channel, type Channel } from 'node:diagnostics_channel'
import { ConfigError, type Problem } from '../errors.ts'
import { shown } from '../shown.ts'
import { nearest } from '../suggestion.ts'
import { isAppEventName, type AppEvent, type AppEventName } from './app-spans.ts'
import {
  EVENT_NAMES,
  isEventName,
  type EventName,
  type Origin,
  type Payload,
  type TelemetryEvent,
} from './events.ts'
import { banner } from './words.ts'

/** What a handler receives of each event, of the library or of the application. */
export type HeardEvent<Name extends EventName | AppEventName> = Name extends EventName
  ? TelemetryEvent<Name>
  : Name extends AppEventName
    ? AppEvent<Name>
    : never

export type Handler<Name extends EventName | AppEventName> = (event: HeardEvent<Name>) => unknown

export interface AttachOptions {
  /** Names of the instances to hear of. Spans of the application belong to none, and pass. Default: all */
  readonly instances?: readonly string[] | undefined
  /** Detaches the handler when it aborts. Default: none */
  readonly signal?: AbortSignal | undefined
}

/** What every event has; those of an application's spans have no origin. */
type Told = Partial<Origin> & { readonly event: EventName | AppEventName }

// Held for good: Node.js forgets a channel, with its subscribers, that nobody refers to.
const channels = new Map<string, Channel>(
  EVENT_NAMES.map((name) => [name, channel(`oban-ts:${name}`)]),
)

/** @throws {ConfigError} when there is no such event */
export function channelOf(name: EventName | AppEventName): Channel {
  const found = channels.get(name)
  if (found !== undefined) return found
  if (isAppEventName(name)) {
    const made = channel(`oban-ts:${name}`)
    channels.set(name, made)

    return made
  }
  throw new ConfigError([unknownEvent(name)])
}

/** What is wrong with a name that is none. */
function unknownEvent(name: string, path = 'events'): Problem {
  const suggestion = nearest(name, EVENT_NAMES)
  const message =
    `there is no event ${JSON.stringify(name)}; EVENT_NAMES of oban-ts/telemetry lists them, and ` +
    "those of spans of your own begin with 'app.' and end with .start, .stop or .exception"

  return { path, message, ...(suggestion && { suggestion }) }
}

/**
 * The names of events, when each is one.
 *
 * @throws {ConfigError} with every name that is none
 */
export function checkedEvents(
  names: readonly string[] | 'all' | undefined,
  path: string,
): readonly EventName[] | 'all' | undefined {
  if (names === undefined || names === 'all') return names
  const problems = names.flatMap((name, index) =>
    isEventName(name) ? [] : [unknownEvent(name, `${path}[${index}]`)],
  )
  if (problems.length > 0) throw new ConfigError(problems)

  return names.filter(isEventName)
}

/** From JavaScript; of a handler that is none one would hear with its first event only. */
function refuseMisuse(events: unknown, handler: unknown, options: AttachOptions): void {
  const { instances, signal: _, ...others } = options
  const list = "must be a list of events such as ['job.stop'], or 'all'"
  const wrong: ReadonlyArray<readonly [path: string, isWrong: boolean, message: string]> = [
    ['events', events !== 'all' && !Array.isArray(events), `${list}; got ${shown(events)}`],
    ['handler', typeof handler !== 'function', `must be a function, got ${shown(handler)}`],
    [
      'instances',
      instances !== undefined && !Array.isArray(instances),
      `must be a list of names of instances, got ${shown(instances)}`,
    ],
    ...Object.keys(others).map(
      (name) => [name, true, 'is not an option; there are instances and signal'] as const,
    ),
  ]
  const problems = wrong.flatMap(([path, isWrong, message]) => (isWrong ? [{ path, message }] : []))
  if (problems.length > 0) throw new ConfigError(problems)
}

/** Whether an event would reach anybody; ask before building a payload on a hot path. */
export function listening(name: EventName): boolean {
  return channelOf(name).hasSubscribers
}

/** Tell the listeners of an event, in the order in which they attached, before this returns. */
export function emit<Name extends EventName>(name: Name, payload: Payload<Name>): void {
  const target = channelOf(name)
  if (target.hasSubscribers) target.publish(Object.freeze({ event: name, ...payload }))
}

/**
 * Call a handler with each of the events, or with all of the library, of every instance in this thread.
 *
 * The handler runs inside of what it is told about, so it must be quick; nobody waits for its promise. One
 * that throws, or whose promise rejects, is detached and reported as `telemetry.handler_failed`; when nobody
 * listens to that either, as a warning of the process. It harms no job, and no transaction.
 *
 * @example
 * ```ts
 * const detach = attach(['job.stop'], ({ id, durationMs }) => histogram.record(durationMs, { id }))
 * ```
 *
 * @param events - names, of spans of one's own too. 'all' is every event of the library
 * @returns detaches the handler; harmless when called again
 * @throws {ConfigError} when an event or an option does not exist, or the handler is no function
 * @see https://hexdocs.pm/telemetry/telemetry.html#attach_many/4
 */
export function attach<Name extends EventName | AppEventName = EventName>(
  events: readonly Name[] | 'all',
  handler: Handler<Name>,
  options: AttachOptions = {},
): () => void {
  refuseMisuse(events, handler, options)
  const { instances, signal } = options
  const names: ReadonlyArray<EventName | AppEventName> =
    events === 'all' ? EVENT_NAMES : [...new Set(events)]
  const targets = names.map(channelOf)
  let attached = true

  const fail = (event: Told, error: unknown) => {
    if (!attached) return
    detach()
    reportFailure(event, error)
  }

  const listener = (message: unknown) => {
    if (!attached || !isHeard<Name>(message)) return
    if (instances && message.instance !== undefined && !instances.includes(message.instance)) return

    try {
      const result = handler(message)
      if (result instanceof Promise) result.catch((error: unknown) => fail(message, error))
    } catch (error) {
      fail(message, error)
    }
  }

  const detach = () => {
    attached = false
    signal?.removeEventListener('abort', detach)
    for (const target of targets) target.unsubscribe(listener)
  }

  if (signal?.aborted) return detach
  signal?.addEventListener('abort', detach, { once: true })
  for (const target of targets) target.subscribe(listener)

  return detach
}

/** The channels are open to anybody; what others publish on them is not ours to pass on. */
function isHeard<Name extends EventName | AppEventName>(
  message: unknown,
): message is HeardEvent<Name> & Told {
  if (typeof message !== 'object' || message === null || !('event' in message)) return false
  if (typeof message.event !== 'string') return false

  return isEventName(message.event) || isAppEventName(message.event)
}

function reportFailure({ event, instance, node }: Told, error: unknown): void {
  const failure = 'telemetry.handler_failed'
  // What belongs to no instance is passed over by the loggers of instances.
  if (instance !== undefined && node !== undefined && listening(failure)) {
    return emit(failure, { instance, node, failedEvent: event, error })
  }

  const message = `a telemetry handler of ${event} threw and is detached: ${banner(error)}`
  process.emitWarning(message, { type: 'ObanWarning', code: 'OBAN_HANDLER_FAILED' })
}
