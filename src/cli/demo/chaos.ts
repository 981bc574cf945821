/** Jobs that misbehave beside jobs that do not, and who paid in the end, as the database has it. */
import type { Db } from '../../engine/query.ts'
import { readTaggedJobs, type Tagged } from '../../engine/tagged-jobs.ts'
import type { NewJobRequest } from '../../index.ts'
import type { Job, JobState } from '../../job.ts'
import { plural } from '../quantity.ts'
import { errorWords } from './error-words.ts'
import type { Witness } from './witness.ts'
import { Bystander, bystanderArgs, bystanderResult, sealOf } from './workers/bystander.ts'
import { BusyLoop, Exit, Leak, Throw } from './workers/chaos.ts'

/** In the order in which they are enqueued; `error` is the class of what they have to end with. */
const culprits = [
  { worker: Throw, deed: 'throws from a timer', error: 'JobCrashError' },
  { worker: Exit, deed: 'calls process.exit', error: 'JobCrashError' },
  { worker: BusyLoop, deed: 'loops without end', error: 'JobTimeoutError' },
  { worker: Leak, deed: 'leaks memory', error: 'JobCrashError' },
] as const

/** The bystanders that follow each culprit: how long each works, in tenths of a second. */
const BYSTANDERS = [4, 9, 14] as const

/** What has become of a job that misbehaved. */
export interface Culprit {
  readonly worker: string
  /** In words. */
  readonly deed: string
  readonly state: JobState
  readonly attempt: number
  /** What it failed with, in one line. */
  readonly error: string
  /** From its fault to the next completed job of the queue; left out when none was left to complete. */
  readonly recoveryMs?: number
}

export interface ChaosSummary {
  readonly culprits: readonly Culprit[]
  readonly bystanders: {
    readonly total: number
    readonly completed: number
    /** How often one began again, as its thread had died. */
    readonly restored: number
    /** Attempts that were counted against them. */
    readonly attemptsPaid: number
  }
}

/** Each culprit is followed by bystanders, so that all threads have some when a fault comes. */
export function chaosJobs(run: string): NewJobRequest[] {
  const options = { tags: [run] }

  return culprits.flatMap(({ worker }) => [
    worker.new({}, options),
    ...BYSTANDERS.map((steps) =>
      Bystander.new({ seed: `${run} ${worker.name} ${steps}`, steps }, options),
    ),
  ])
}

interface Verdict<Item> {
  readonly item: Item
  readonly problems: readonly string[]
}

function judgeCulprit(
  { worker: { name: worker }, deed, error: expected }: (typeof culprits)[number],
  { id, state, attempt, errors }: Job,
  seen: Witness,
): Verdict<Culprit> {
  const error = errors.at(-1)?.error ?? ''
  const recoveryMs = seen.recoveryMs(id)
  const isExpected = state === 'discarded' && error.startsWith(`${expected}:`)
  const reason = errorWords(error)

  return {
    item: {
      worker,
      deed,
      state,
      attempt,
      error: reason,
      ...(recoveryMs !== undefined && { recoveryMs: Math.round(recoveryMs) }),
    },
    problems: isExpected
      ? []
      : [`${worker} is ${state} (${reason}), and not discarded with a ${expected}`],
  }
}

/** What a bystander has paid, and whether it came to its result. */
function judgeBystander({ id, args, state, attempt, errors, recorded }: Job): Verdict<number> {
  const paid = Math.max(0, attempt - 1) + errors.length
  const isRight =
    bystanderResult.safeParse(recorded).data?.seal === sealOf(bystanderArgs.parse(args))
  const name = `${Bystander.name} ${id}`

  return {
    item: paid,
    problems: [
      ...(state === 'completed' ? [] : [`${name} is ${state}`]),
      ...(paid === 0 ? [] : [`${name} paid for others with ${plural(paid, 'attempt')}`]),
      ...(state === 'completed' && !isRight ? [`${name} has a wrong result`] : []),
    ],
  }
}

export interface ChaosInput {
  readonly db: Db
  readonly tagged: Tagged
  readonly seen: Witness
}

export async function summarizeChaos({
  db,
  tagged,
  seen,
}: ChaosInput): Promise<Verdict<ChaosSummary>> {
  const problems: string[] = []
  const ended: Culprit[] = []
  for (const culprit of culprits) {
    for await (const job of readTaggedJobs(db, tagged, culprit.worker.name)) {
      const verdict = judgeCulprit(culprit, job, seen)
      ended.push(verdict.item)
      problems.push(...verdict.problems)
    }
  }
  const bystanders = { total: 0, completed: 0, restored: 0, attemptsPaid: 0 }
  for await (const job of readTaggedJobs(db, tagged, Bystander.name)) {
    const verdict = judgeBystander(job)
    bystanders.total += 1
    if (job.state === 'completed') bystanders.completed += 1
    bystanders.restored += Math.max(0, seen.beginnings(job.id) - 1)
    bystanders.attemptsPaid += verdict.item
    problems.push(...verdict.problems)
  }
  const missing = culprits.length * (1 + BYSTANDERS.length) - ended.length - bystanders.total
  if (missing !== 0) problems.push(`${missing} jobs of the chaos are not in the database`)

  return { item: { culprits: ended, bystanders }, problems }
}
