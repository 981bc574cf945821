/**
 * Events on `node:diagnostics_channel`: emitting costs one property read while nobody listens.
 *
 * Tools may subscribe to the channels `oban-ts:<event>` themselves; Node.js turns what such a
 * subscriber throws into an uncaught exception. Handlers given to `attach` are contained.
 */
import { channel, type Channel } from 'node:diagnostics_channel'
import { ConfigError } from '../errors.ts'
import { nearest } from '../suggestion.ts'
import {
  EVENT_NAMES,
  isEventName,
  type EventName,
  type Origin,
  type Payload,
  type TelemetryEvent,
} from './events.ts'

export type Handler<Name extends EventName> = (event: TelemetryEvent<Name>) => unknown

/** What every event has. */
type Told = Origin & { readonly event: EventName }

// Held for good: Node.js forgets a channel, with its subscribers, that nobody refers to.
const channels = new Map<EventName, Channel>(
  EVENT_NAMES.map((name) => [name, channel(`oban-ts:${name}`)]),
)

function channelOf(name: EventName): Channel {
  const found = channels.get(name)
  if (found !== undefined) return found

  const suggestion = nearest(name, EVENT_NAMES)
  const message = `expected one of ${EVENT_NAMES.join(', ')}, found ${JSON.stringify(name)}`
  throw new ConfigError([{ path: 'events', message, ...(suggestion && { suggestion }) }])
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
 * Call a handler with each of the events, or with all, of every instance in this thread.
 *
 * The handler runs inside of what it is told about, so it must be quick. One that throws, or whose
 * promise rejects, is detached and reported as `telemetry.handler_failed`; when nobody listens to
 * that either, as a warning of the process.
 *
 * @example
 * ```ts
 * const detach = attach(['job.stop'], ({ id, durationMs }) => histogram.record(durationMs, { id }))
 * ```
 *
 * @returns detaches the handler; harmless when called again
 * @throws {ConfigError} when an event does not exist
 * @see https://hexdocs.pm/telemetry/telemetry.html#attach_many/4
 */
export function attach<Name extends EventName>(
  events: readonly Name[] | 'all',
  handler: Handler<Name>,
): () => void {
  const names: readonly EventName[] = events === 'all' ? EVENT_NAMES : [...new Set(events)]
  const targets = names.map(channelOf)
  let attached = true

  const fail = (event: Told, error: unknown) => {
    if (!attached) return
    detach()
    reportFailure(event, error)
  }

  const listener = (message: unknown) => {
    if (!attached || !isTelemetryEvent<Name>(message)) return

    try {
      const result = handler(message)
      if (result instanceof Promise) result.catch((error: unknown) => fail(message, error))
    } catch (error) {
      fail(message, error)
    }
  }

  const detach = () => {
    attached = false
    for (const target of targets) target.unsubscribe(listener)
  }

  for (const target of targets) target.subscribe(listener)

  return detach
}

/** The channels are open to anybody; what others publish on them is not ours to pass on. */
function isTelemetryEvent<Name extends EventName>(
  message: unknown,
): message is TelemetryEvent<Name> {
  if (typeof message !== 'object' || message === null || !('event' in message)) return false

  return typeof message.event === 'string' && isEventName(message.event)
}

function reportFailure({ event, instance, node }: Told, error: unknown): void {
  const failure = 'telemetry.handler_failed'
  if (listening(failure)) return emit(failure, { instance, node, failedEvent: event, error })

  const message = `a telemetry handler of ${event} threw and is detached`
  process.emitWarning(message, { type: 'ObanWarning', code: 'OBAN_HANDLER_FAILED' })
}
