/** Changes to a stored job: what callers ask for, and what the update stores. */
import { InvalidJobError, type Problem } from '../errors.ts'
import { endStates, type Job } from '../job.ts'
import { JobStateError } from '../management-errors.ts'
import { validateArgs } from '../worker/args.ts'
import type { WorkerDefinition } from '../worker/definition.ts'
import { fieldProblems, nameProblems, normalizeTags, unknownKeyProblems } from './fields.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import { type JobOptions, readMeta } from './new-job.ts'
import { readSchedule } from './schedule.ts'
import { shown } from '../shown.ts'
import { orRefuse, UNREADABLE } from '../unreadable.ts'

/** Only what is given changes; `meta` and `args` are replaced as a whole. */
export interface JobChanges extends Omit<JobOptions, 'replace' | 'unique'> {
  readonly worker?: string | undefined
  readonly args?: JsonObject | undefined
}

/** Changes to one job, or a function that makes them from the job as it is stored. */
export type JobUpdate = JobChanges | ((job: Job) => JobChanges | Promise<JobChanges>)

/** Checked; null for what stays as it is. */
export interface CheckedChanges {
  readonly worker: string | null
  readonly queue: string | null
  readonly max_attempts: number | null
  readonly priority: number | null
  readonly tags: readonly string[] | null
  readonly args: JsonObject | null
  readonly meta: JsonObject | null
  /** ISO 8601. */
  readonly scheduled_at: string | null
  /** Counted from the clock of the database. */
  readonly schedule_in: number | null
}

const changeNames = [
  'worker',
  'args',
  'queue',
  'priority',
  'maxAttempts',
  'tags',
  'meta',
  'scheduleIn',
  'scheduledAt',
] as const satisfies (keyof JobChanges)[]

/** The run under way is found by these, or is past the time that they set. */
const NOT_WHILE_EXECUTING = ['queue', 'worker', 'scheduleIn', 'scheduledAt'] as const

/** Refuse what the state of the job gives no sense to. */
function refuseState({ id, state }: Job, changes: JobChanges): void {
  const given = NOT_WHILE_EXECUTING.filter((name) => changes[name] !== undefined)
  if (state === 'executing' && given.length > 0) {
    throw new JobStateError(id, state, `${given.join(', ')} cannot change while it runs`)
  }
  if (endStates.includes(state) && (changes.scheduleIn ?? changes.scheduledAt) !== undefined) {
    throw new JobStateError(id, state, 'it has no schedule any more; retryJob makes it run again')
  }
}

function readChanges(job: Job, changes: JobChanges, problems: Problem[]) {
  const given: unknown = changes
  if (!isJsonObject(given)) {
    problems.push({ path: '', message: `changes must be an object, got ${shown(given)}` })

    return { meta: null, schedule: { scheduledAt: null, scheduleInSeconds: null } }
  }
  problems.push(...problemsOf(job, changes))
  const meta = changes.meta === undefined ? null : readMeta(changes.meta, problems)

  return { meta, schedule: readSchedule(changes, problems) }
}

/** What stays is not looked at: other programs may have stored what we would not. */
function problemsOf(job: Job, changes: JobChanges): Problem[] {
  const { worker, queue = 'default', maxAttempts = 20, priority = 0, tags = [] } = changes
  const problems = [
    ...unknownKeyProblems(changes, changeNames),
    ...(worker === undefined ? [] : nameProblems(worker, 'worker')),
    ...fieldProblems({ queue, maxAttempts, priority, tags }),
  ]
  const isBelow = Number.isInteger(maxAttempts) && maxAttempts < job.attempt
  if (changes.maxAttempts !== undefined && isBelow) {
    const message = `must not be below the ${job.attempt} attempts that there were, got ${maxAttempts}`
    problems.push({ path: 'maxAttempts', message })
  }

  return problems
}

export interface ChangeRules {
  readonly find: (worker: string) => WorkerDefinition | undefined
  readonly maxArgsBytes: number | undefined
}

/**
 * Check changes as an insert would be, against the job that they are for.
 *
 * @throws {InvalidJobError} with all that is wrong
 * @throws {InvalidArgsError} when arguments do not match the worker's schema
 * @throws {JobStateError} when the job's state gives no sense to them
 */
export async function checkChanges(
  job: Job,
  changes: JobChanges,
  { find, maxArgsBytes }: ChangeRules,
): Promise<CheckedChanges> {
  const problems: Problem[] = []
  const { meta, schedule } = orRefuse(
    () => readChanges(job, changes, problems),
    (cause) => new InvalidJobError(job.worker, [{ path: '', message: UNREADABLE }], { cause }),
  )
  if (problems.length > 0) throw new InvalidJobError(job.worker, problems)
  const worker = changes.worker ?? job.worker
  refuseState(job, changes)

  return {
    worker: changes.worker ?? null,
    queue: changes.queue ?? null,
    max_attempts: changes.maxAttempts ?? null,
    priority: changes.priority ?? null,
    tags: changes.tags ? normalizeTags(changes.tags) : null,
    args:
      changes.args === undefined
        ? null
        : await validateArgs(
            { name: worker, schema: find(worker)?.schema },
            changes.args,
            maxArgsBytes,
          ),
    meta,
    scheduled_at: schedule.scheduledAt,
    schedule_in: schedule.scheduleInSeconds,
  }
}
