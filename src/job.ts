/** A job as callers see it, and how a row of `oban_jobs` becomes one. */
import { isJsonObject, type JsonObject, type JsonValue } from './job/json.ts'
import { decodeRecorded, type Term } from './term.ts'
import { parseTextArray } from './job/text-array.ts'
import { parseTimestamp, timestampReader } from './job/timestamp.ts'

export const jobStates = [
  'available',
  'scheduled',
  'executing',
  'retryable',
  'completed',
  'discarded',
  'cancelled',
  // Written by Oban Pro's workflows only; never produced here.
  'suspended',
] as const

export type JobState = (typeof jobStates)[number]

/** Those that a job stays in. */
export const endStates: readonly JobState[] = ['completed', 'cancelled', 'discarded']

/**
 * A row of `oban_jobs`, each column as the text that PostgreSQL sends.
 *
 * `errors` is selected as `to_jsonb(errors)`, as it is jsonb[] in some schemas and jsonb in others.
 */
export interface JobRow {
  readonly id: string
  readonly state: JobState
  readonly queue: string
  readonly worker: string
  readonly args: string | null
  readonly meta: string | null
  readonly tags: string | null
  readonly errors: string | null
  readonly attempt: string
  readonly max_attempts: string
  readonly priority: string
  readonly attempted_by: string | null
  readonly inserted_at: string
  readonly scheduled_at: string
  readonly attempted_at: string | null
  readonly completed_at: string | null
  readonly cancelled_at: string | null
  readonly discarded_at: string | null
  /** No column: it was found by an insert that it stood in the way of. */
  readonly conflict?: true | undefined
}

/** Why an attempt failed or was cancelled. */
export interface JobError {
  readonly attempt: number
  /** ISO 8601, as the node that ran the attempt wrote it. */
  readonly at: string
  /** The message in the first line, the stack below. */
  readonly error: string
}

/**
 * A job, as stored when it was read.
 *
 * @see https://hexdocs.pm/oban/Oban.Job.html#t:t/0
 */
export interface Job<Args = JsonObject, RecordedValue = unknown> {
  readonly id: number
  readonly state: JobState
  readonly queue: string
  readonly worker: string
  /** As stored; inside `process`, what the worker's schema made of them. */
  readonly args: Args
  readonly meta: JsonObject
  readonly tags: readonly string[]
  /** Oldest first. */
  readonly errors: readonly JobError[]
  /** 0 until the job is first fetched. */
  readonly attempt: number
  readonly maxAttempts: number
  /** 0 (first) to 9. */
  readonly priority: number
  /** Node and producer of the last attempt; empty until the job is first fetched. */
  readonly attemptedBy: readonly string[]
  readonly insertedAt: Date
  readonly scheduledAt: Date
  readonly attemptedAt: Date | null
  readonly completedAt: Date | null
  readonly cancelledAt: Date | null
  readonly discardedAt: Date | null
  /** Whether an insert found this job instead of storing a new one. */
  readonly conflict: boolean
  /**
   * The value that the worker gave to `record()`; `undefined` when there is none.
   *
   * Decoded at the first access, and not part of `JSON.stringify(job)`.
   *
   * @throws {RecordError} when what is stored is not a term that can be read
   */
  readonly recorded: RecordedValue | undefined
}

/** The value of a jsonb column. Text that is not JSON, which jsonb cannot hold, stays as it is. */
function parseJson(text: string | null): JsonValue {
  if (text === null) return null
  // What most jobs have of meta and errors.
  if (text === '{}') return {}
  if (text === '[]') return []

  try {
    const value: JsonValue = JSON.parse(text)

    return value
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

function parseError(entry: JsonValue): JobError {
  const { attempt, at, error } = isJsonObject(entry) ? entry : {}

  return {
    attempt: typeof attempt === 'number' ? attempt : 0,
    at: typeof at === 'string' ? at : '',
    error: typeof error === 'string' ? error : JSON.stringify(entry),
  }
}

function parseDate(text: string | null): Date | null {
  return text === null ? null : parseTimestamp(text)
}

/** Most jobs are due when they are inserted. */
const readStoredTime = timestampReader()

/** The arguments of a row, whatever they are. */
export function storedArgs(row: JobRow): JsonValue {
  return parseJson(row.args)
}

/** What meta holds, or undefined. */
function recordedIn({ recorded, return: text }: JsonObject): Term | undefined {
  return recorded === true && typeof text === 'string' ? decodeRecorded(text) : undefined
}

/**
 * A row that was read. `recorded` stands on the prototype: it is decoded when first looked at, as a
 * listing must not decode megabytes, and `JSON.stringify`, a spread and `console.log` pass over it.
 */
export class StoredJob implements Job<unknown> {
  readonly id: number
  readonly state: JobState
  readonly queue: string
  readonly worker: string
  readonly args: unknown
  readonly meta: JsonObject
  readonly tags: readonly string[]
  readonly errors: readonly JobError[]
  readonly attempt: number
  readonly maxAttempts: number
  readonly priority: number
  readonly attemptedBy: readonly string[]
  readonly insertedAt: Date
  readonly scheduledAt: Date
  readonly attemptedAt: Date | null
  readonly completedAt: Date | null
  readonly cancelledAt: Date | null
  readonly discardedAt: Date | null
  readonly conflict: boolean
  #recorded: { readonly term: Term | undefined } | undefined

  constructor(row: JobRow, args: unknown = storedArgs(row)) {
    const meta = parseJson(row.meta)
    const errors = parseJson(row.errors)
    this.id = Number(row.id)
    this.state = row.state
    this.queue = row.queue
    this.worker = row.worker
    this.args = args
    this.meta = isJsonObject(meta) ? meta : {}
    this.tags = parseTextArray(row.tags)
    this.errors = Array.isArray(errors) ? errors.map(parseError) : []
    this.attempt = Number(row.attempt)
    this.maxAttempts = Number(row.max_attempts)
    this.priority = Number(row.priority)
    this.attemptedBy = parseTextArray(row.attempted_by)
    this.insertedAt = readStoredTime(row.inserted_at)
    this.scheduledAt = readStoredTime(row.scheduled_at)
    this.attemptedAt = parseDate(row.attempted_at)
    this.completedAt = parseDate(row.completed_at)
    this.cancelledAt = parseDate(row.cancelled_at)
    this.discardedAt = parseDate(row.discarded_at)
    this.conflict = row.conflict ?? false
  }

  get recorded(): Term | undefined {
    this.#recorded ??= { term: recordedIn(this.meta) }

    return this.#recorded.term
  }
}

/**
 * Read a row. Never throws: jsonb holds any JSON value, and other languages write here too.
 *
 * - `args` stay what is stored, even when not an object: the run refuses them, with a reason.
 * - `meta` that is not an object is `{}`.
 * - `errors` that are not a list are `[]`; an entry of another shape becomes the text of its JSON.
 * - `tags` and `attemptedBy` that are not an array are `[]`; NULL elements are left out.
 *
 * The type parameters are the caller's promise, usually a worker's types; nothing is validated here.
 */
export function parseJob<Args = JsonObject, RecordedValue = unknown>(
  row: JobRow,
): Job<Args, RecordedValue>
export function parseJob(row: JobRow): Job<unknown> {
  return new StoredJob(row)
}
