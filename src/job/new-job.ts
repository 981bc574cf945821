/** A job on its way in: what the caller asks for, and what the insert stores. */
import type { WorkerDefinition } from '../worker/definition.ts'
import { InvalidJobError, type Problem } from '../errors.ts'
import {
  fieldProblems,
  type JobFields,
  nameProblems,
  normalizeTags,
  unknownKeyProblems,
} from './fields.ts'
import { copyAsJson, isJsonObject, type JsonObject } from './json.ts'
import { readSchedule, type Schedule, type ScheduleOptions } from './schedule.ts'
import type { QueueName } from '../worker/register.ts'
import type { Replace } from './replace.ts'
import { shown } from '../shown.ts'
import type { Unique } from '../unique.ts'
import { orRefuse, UNREADABLE } from '../unreadable.ts'
import { readUniqueness, type Uniqueness } from './uniqueness.ts'

/** Options of one job; they take the place of the worker's own. `Key` is a name that its args may have. */
export interface JobOptions<Key extends string = string> extends ScheduleOptions {
  readonly queue?: QueueName | undefined
  /** 0 (first) to 9. */
  readonly priority?: number | undefined
  /** Runs before the job is discarded, 1 to 32767. */
  readonly maxAttempts?: number | undefined
  readonly tags?: readonly string[] | undefined
  /** Kept with the job, never validated. */
  readonly meta?: JsonObject | undefined
  /** Merged key by key over the worker's own; `false` switches it off. */
  readonly unique?: Unique<Key> | undefined
  /** What to change of the job that a unique one finds. */
  readonly replace?: Replace | undefined
}

/** What `new()` makes: nothing is validated before it is enqueued. */
export interface NewJobRequest<Input = unknown, RecordedValue = unknown> {
  readonly worker: string
  /** As the caller passed them. */
  readonly args: unknown
  readonly options: JobOptions
  /** Absent for a worker that this program knows by name only. */
  readonly definition?: WorkerDefinition | undefined
  /** For the compiler only: never present at run time. */
  readonly '~types'?: { readonly input: Input; readonly recorded: RecordedValue } | undefined
}

/** A validated job, ready to be inserted. */
export interface NewJob extends JobFields, Schedule, Uniqueness {
  readonly worker: string
  readonly args: JsonObject
  readonly meta: JsonObject
  /** `scheduled` whenever a time was given, even a past one, as in Oban. */
  readonly state: 'available' | 'scheduled'
}

/** What a new job takes beside its arguments. */
export const jobOptionNames = [
  'queue',
  'priority',
  'maxAttempts',
  'tags',
  'meta',
  'scheduleIn',
  'scheduledAt',
  'unique',
  'replace',
] satisfies (keyof JobOptions)[]

export function readMeta(meta: unknown, problems: Problem[]): JsonObject {
  const copy = copyAsJson(meta, 'meta')
  if ('problem' in copy) {
    problems.push(copy.problem)

    return {}
  }
  if (isJsonObject(copy.value)) return copy.value

  problems.push({ path: 'meta', message: `must be an object, got ${shown(meta)}` })

  return {}
}

/**
 * Turn a request into what is stored: its options over those of the worker over the defaults.
 *
 * @param args - the arguments as JSON, already validated
 * @throws {InvalidJobError} with all that is wrong
 */
export function buildNewJob(request: NewJobRequest, args: JsonObject): NewJob {
  const { worker } = request
  const problems: Problem[] = []
  const job = orRefuse(
    () => readNewJob(request, args, problems),
    (cause) => new InvalidJobError(worker, [{ path: 'options', message: UNREADABLE }], { cause }),
  )
  if (problems.length > 0) throw new InvalidJobError(worker, problems)

  return job
}

/** Only a job when there are no problems with it. */
function readNewJob(request: NewJobRequest, args: JsonObject, problems: Problem[]): NewJob {
  const { worker, options, definition } = request
  const queue = options.queue ?? definition?.queue ?? 'default'
  const maxAttempts = options.maxAttempts ?? definition?.maxAttempts ?? 20
  const priority = options.priority ?? definition?.priority ?? 0
  const tags = options.tags ?? definition?.tags ?? []

  problems.push(
    ...nameProblems(worker, 'worker'),
    ...fieldProblems({ queue, maxAttempts, priority, tags }),
    ...unknownKeyProblems(options, jobOptionNames),
  )
  // From where types are not checked null comes, too.
  const given = options.meta ?? undefined
  const meta = given === undefined ? {} : readMeta(given, problems)
  const schedule = readSchedule(options, problems)
  const uniqueness = readUniqueness(worker, options, definition ?? {}, problems)
  const isScheduled = schedule.scheduledAt !== null || schedule.scheduleInSeconds !== null
  const state = isScheduled ? 'scheduled' : 'available'

  return {
    worker,
    queue,
    maxAttempts,
    priority,
    tags: problems.length > 0 ? [] : normalizeTags(tags),
    args,
    meta,
    ...schedule,
    state,
    ...uniqueness,
  }
}
