/** What a logger says about spans, when it is asked to: the default ones leave them to tracing. */
import type { TelemetryEvent } from './events.ts'
import type { SpanEventName } from './spans.ts'
import { banner, micros, millis, MOST_ITEMS, oneLine, type Words } from './words.ts'

/** Who speaks is added to every line. */
const ORIGIN: ReadonlySet<string> = new Set(['event', 'instance', 'node'])

/** With the keys of Oban's logger: `stagedCount` is `staged_count`, and durations are microseconds. */
function fieldsOf(event: TelemetryEvent<SpanEventName>): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [key, value] of Object.entries<unknown>(event)) {
    if (ORIGIN.has(key)) continue
    if (key === 'durationMs') fields['duration'] = micros(Number(value))
    else if (key === 'error') fields[key] = banner(value)
    else fields[key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = plain(value)
  }

  return fields
}

/** Names come from jobs, whatever they hold. */
function plain(value: unknown): unknown {
  if (typeof value === 'string') return oneLine(value)
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map(plain)
  if (typeof value !== 'object' || value === null) return value

  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]))
}

export function spanWords(event: TelemetryEvent<SpanEventName>): Words {
  const name = event.event.slice(0, event.event.lastIndexOf('.'))
  const fields = fieldsOf(event)
  if (!('durationMs' in event)) return { level: 'debug', message: `${name} began`, fields }
  const took = millis(event.durationMs)
  if (!('error' in event)) return { level: 'debug', message: `${name} took ${took}`, fields }

  // Whoever did the work reports what failed, as `query.failed` or by throwing it.
  return { level: 'debug', message: `${name} failed after ${took}: ${banner(event.error)}`, fields }
}
