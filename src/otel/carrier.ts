/**
 * The trace of a job travels in its `meta`, put there and read by the propagators that the program has
 * registered: `traceparent` and `tracestate` by W3C's, and `baggage` where that is propagated too.
 */
import { type Context, propagation, type TextMapGetter } from '@opentelemetry/api'
import { isJsonObject, type JsonObject, type JsonValue } from '../job/json.ts'
import { likenessOf, traceKeys } from '../job/likeness.ts'
import type { NewJob } from '../job/new-job.ts'

/** Whether a unique job is compared by this member of its meta: then it must stay what it is. */
function isCompared({ unique: rule, ...job }: NewJob, key: string): boolean {
  if (rule === undefined || !rule.fields.includes('meta')) return false
  if (rule.keys.includes(key)) return true

  // W3C's are left out of the comparison; of others nobody knows.
  return !traceKeys.includes(key) && likenessOf(job, rule).meta?.match === 'whole'
}

/** The jobs with the context in their meta; the same jobs when there is nothing to propagate. */
export function inject(context: Context, jobs: readonly NewJob[]): readonly NewJob[] {
  const carrier: Record<string, string> = {}
  propagation.inject(context, carrier)
  const members = Object.entries(carrier)
  if (members.length === 0) return jobs

  return jobs.map((job) => {
    const own = members.filter(([key]) => !isCompared(job, key))

    return own.length === 0 ? job : { ...job, meta: { ...job.meta, ...Object.fromEntries(own) } }
  })
}

/** Meta holds any JSON: only texts can be what a propagator wrote. */
const getter: TextMapGetter<JsonObject> = {
  keys: (meta) => Object.keys(meta),
  get: (meta, key) => {
    const value = Object.hasOwn(meta, key) ? meta[key] : undefined

    return typeof value === 'string' ? value : undefined
  },
}

/** The context that a job was enqueued in, on top of another. */
export function extract(context: Context, meta: JsonObject): Context {
  return propagation.extract(context, meta, getter)
}

/** The meta of a row, for which the whole row need not be read. */
export function metaOf(text: string | null): JsonObject {
  const value: JsonValue = text === null ? null : JSON.parse(text)

  return isJsonObject(value) ? value : {}
}

/** Whether one of the jobs belongs to a trace already. */
export function isTraced(jobs: readonly NewJob[]): boolean {
  const fields = propagation.fields()

  return jobs.some(({ meta }) => fields.some((field) => Object.hasOwn(meta, field)))
}
