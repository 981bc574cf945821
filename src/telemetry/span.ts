/**
 * Tells of work when it begins and when it ends. While nobody listens the work is done as if it were not
 * here: no clock is read and no event is made.
 */
import type { Channel } from 'node:diagnostics_channel'
import { preciseMs } from '../clock.ts'
import { ConfigError } from '../errors.ts'
import { shown } from '../shown.ts'
import { isAppSpanName, type AppMetadata, type AppSpanName } from './app-spans.ts'
import { channelOf } from './channels.ts'
import type { Origin } from './events.ts'
import type { Phase, SpanName, SpanStart, SpanStop } from './spans.ts'

/** The channels of one span. */
type Tracks = Readonly<Record<Phase, Channel>>

function tracksOf(name: SpanName | AppSpanName): Tracks {
  return {
    start: channelOf(`${name}.start`),
    stop: channelOf(`${name}.stop`),
    exception: channelOf(`${name}.exception`),
  }
}

function isHeard({ start, stop, exception }: Tracks): boolean {
  return start.hasSubscribers || stop.hasSubscribers || exception.hasSubscribers
}

/**
 * Do work between the events. `later` gives what is known of it once it went well; it is asked only
 * when somebody listens to that.
 */
function measure<Result>(
  name: string,
  { start, stop, exception }: Tracks,
  fields: object,
  work: () => Result,
  later: (value: Awaited<Result>) => object,
): Result {
  const startedAtMs = preciseMs()
  const tell = (phase: Phase, target: Channel, more: object) => {
    target.publish(Object.freeze({ event: `${name}.${phase}`, ...fields, ...more }))
  }
  const succeed = <Value extends Awaited<Result>>(value: Value): Value => {
    const durationMs = preciseMs() - startedAtMs
    if (stop.hasSubscribers) tell('stop', stop, { ...later(value), durationMs })

    return value
  }
  const fail = (error: unknown): never => {
    const durationMs = preciseMs() - startedAtMs
    if (exception.hasSubscribers) tell('exception', exception, { durationMs, error })
    throw error
  }

  if (start.hasSubscribers) tell('start', start, {})
  let result: Result
  try {
    result = work()
  } catch (error) {
    return fail(error)
  }
  if (!(result instanceof Promise)) return succeed(result as Awaited<Result>)

  return result.then(succeed, fail) as Result
}

/** One kind of work of the library. */
export interface Span<Name extends SpanName> {
  /** Whether somebody listens; on a hot path ask before making what `around` is given. */
  readonly isHeard: boolean
  /** Do work, and tell of it: when it begins, and with `later` what is known when it went well. */
  around<Value>(
    fields: Origin & SpanStart<Name>,
    work: () => Promise<Value>,
    later: (value: Value) => SpanStop<Name>,
  ): Promise<Value>
}

export function spanOf<Name extends SpanName>(name: Name): Span<Name> {
  const tracks = tracksOf(name)

  return {
    get isHeard() {
      return isHeard(tracks)
    },
    around: <Value>(
      fields: Origin & SpanStart<Name>,
      work: () => Promise<Value>,
      later: (value: Value) => SpanStop<Name>,
    ) =>
      isHeard(tracks)
        ? measure(name, tracks, fields, work, (value) => later(value as Value))
        : work(),
  }
}

const apps = new Map<string, Tracks>()

/** Names are few: each has channels of its own for as long as the process lives. */
function appTracks(name: AppSpanName): Tracks {
  const known = apps.get(name)
  if (known) return known
  if (!isAppSpanName(name)) {
    const message = `expected a name that begins with 'app.', such as 'app.render', found ${JSON.stringify(name)}`
    throw new ConfigError([{ path: 'name', message }])
  }
  const tracks = tracksOf(name)
  apps.set(name, tracks)

  return tracks
}

/** From JavaScript, where the metadata are easily left out. */
function refuseOther(work: unknown): void {
  if (typeof work === 'function') return
  const message = `must be a function, got ${shown(work)}; write span(name, metadata, work)`
  throw new ConfigError([{ path: 'work', message }])
}

/**
 * Tell of work of the application in the way the library tells of its own: as `<name>.start`,
 * and as `<name>.stop` or `<name>.exception` with `durationMs`. Handlers of this thread hear it.
 *
 * Costs next to nothing while nobody listens. The work decides what is returned and thrown: a promise ends
 * the span when it settles.
 *
 * @example
 * ```ts
 * await span('app.render', { pages: 3 }, async () => render(pages))
 * ```
 *
 * @param name - begins with `app.`; one of a few, as each has channels for good
 * @param metadata - goes into all three events; see `AppSpans` for its type
 * @param work - may add to what `stop` and `exception` carry, by calling what it is given
 * @returns what the work returns
 * @throws {ConfigError} when the name does not begin with `app.`, or the work is no function
 * @throws whatever the work throws
 * @see https://hexdocs.pm/telemetry/telemetry.html#span/3
 */
export function span<Name extends AppSpanName, Result>(
  name: Name,
  metadata: AppMetadata<Name>,
  work: (add: (more: Partial<AppMetadata<Name>>) => void) => Result,
): Result {
  const tracks = appTracks(name)
  refuseOther(work)
  if (!isHeard(tracks)) return work(ignore)
  const fields: Record<string, unknown> = { ...metadata }
  const add = (more: object) => {
    Object.assign(fields, more)
  }

  return measure(
    name,
    tracks,
    fields,
    () => work(add),
    () => ({}),
  )
}

function ignore(): void {
  // Nobody listens.
}
