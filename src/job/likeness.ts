/** What of a unique job is compared with others. */
import type { JsonObject, JsonValue } from './json.ts'
import type { NewJob } from './new-job.ts'
import type { UniqueRule } from '../unique.ts'

/** How args or meta are compared: all of them, or by some of their keys. */
export interface Comparison {
  readonly match: 'part' | 'whole'
  readonly like: JsonObject
}

/** Null where something is not compared. */
export interface Likeness {
  readonly worker: string | null
  readonly queue: string | null
  readonly args: Comparison | null
  readonly meta: Comparison | null
  /** Which fields and keys are compared, as text: equal for all jobs of one rule that have its keys. */
  readonly shape: string
  /**
   * Jobs with one identity are not inserted at the same time. States and period are not part of it: the
   * same job may be enqueued under two rules.
   */
  readonly identity: string
  /** What is the same for all jobs that are unique by the same fields, of the same worker if it counts. */
  readonly family: string
}

/**
 * Members of meta that are no part of it where all of it is compared: which trace a job belongs to differs
 * with each call. `insert_unique_jobs.sql` names them too.
 */
export const traceKeys: readonly string[] = ['traceparent', 'tracestate', 'baggage']

function withoutTrace(meta: JsonObject): JsonObject {
  if (!traceKeys.some((key) => Object.hasOwn(meta, key))) return meta

  return Object.fromEntries(Object.entries(meta).filter(([key]) => !traceKeys.includes(key)))
}

/** JSON in which the order of keys makes no difference, as it makes none in jsonb. */
function canonical(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [[key, canonical(item)] as const],
  )

  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** As in Oban: of a job that has none of the keys, only others with nothing at all are the same. */
function compare(value: JsonObject, keys: readonly string[]): Comparison {
  if (keys.length === 0) return { match: 'whole', like: value }
  const like = Object.fromEntries(
    keys.flatMap((key) => (Object.hasOwn(value, key) ? [[key, value[key] ?? null]] : [])),
  )

  return { match: Object.keys(like).length === 0 ? 'whole' : 'part', like }
}

function keysOf(compared: Comparison | null): readonly string[] | string | null {
  return compared?.match === 'part'
    ? Object.keys(compared.like).toSorted()
    : (compared?.match ?? null)
}

export function likenessOf(job: NewJob, { fields, keys }: UniqueRule): Likeness {
  const worker = fields.includes('worker') ? job.worker : null
  const queue = fields.includes('queue') ? job.queue : null
  const args = fields.includes('args') ? compare(job.args, keys) : null
  const meta = fields.includes('meta')
    ? compare(keys.length === 0 ? withoutTrace(job.meta) : job.meta, keys)
    : null
  const parts = [worker, queue, args && canonical(args.like), meta && canonical(meta.like)]

  return {
    worker,
    queue,
    args,
    meta,
    shape: JSON.stringify([worker !== null, queue !== null, keysOf(args), keysOf(meta)]),
    identity: JSON.stringify(parts),
    family: JSON.stringify([fields, worker]),
  }
}

function project(value: JsonObject, compared: Comparison | null): JsonValue {
  if (compared === null) return null
  if (compared.match === 'whole') return canonical(value)

  // What a job lacks is told from null by its absence.
  return canonical(
    Object.fromEntries(Object.keys(compared.like).map((key) => [key, value[key]] as const)),
  )
}

/** What another job has where this likeness compares; equal to its own where the two are the same. */
export function projection(job: NewJob, { worker, queue, args, meta }: Likeness): string {
  return JSON.stringify([
    worker === null ? null : job.worker,
    queue === null ? null : job.queue,
    project(job.args, args),
    project(meta?.match === 'whole' ? withoutTrace(job.meta) : job.meta, meta),
  ])
}

/** Whether containment means that the values of these keys are equal. */
export function isFlat(comparison: Comparison | null): boolean {
  if (comparison === null || comparison.match === 'whole') return true

  return Object.values(comparison.like).every(
    (value) => typeof value !== 'object' || value === null,
  )
}
