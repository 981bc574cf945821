/** Who pays when a thread dies with jobs on it. */
import { defaultBackoff, type Random } from '../backoff.ts'
import { JobCrashError, JobTimeoutError } from '../job-errors.ts'
import type { Outcome, Settled } from '../protocol/outcome.ts'
import type { Run } from '../protocol/tenure.ts'
import { errorText, serializeError } from './serialized-error.ts'

/** Why we end a thread, and how it is told. One that died by itself has no such reason. */
export const ENDINGS = {
  blocked: 'a job that had to end kept it busy',
  ignored: 'a job that had to end went on',
  memory: "it held more memory outside of V8's heap than it may",
  growth: 'the process grew while it was busy, by more than it may hold',
  ownGrowth: 'the process grew while it was busy, by more than it may hold, and nobody else did',
  tainted: 'a job left an error behind that nobody caught',
  recycled: 'it had had its share of jobs or of memory',
  idle: 'it had been idle',
  overdue: 'its modules did not load in time',
  stopped: 'the queue stopped',
} as const

export type Ending = keyof typeof ENDINGS

/** Whether a thread ended for a reason of ours, with no job to blame. */
export function isOrderly(ending: Ending | undefined): boolean {
  return ending === 'idle' || ending === 'recycled' || ending === 'stopped'
}

const FOR_MEMORY = new Set<Ending>(['growth', 'memory', 'ownGrowth'])

/** Whether a thread may have ended for its memory. V8 ends those whose heap runs over. */
export function isForMemory(ending: Ending | undefined): boolean {
  return ending === undefined || FOR_MEMORY.has(ending)
}

/** A run whose end was never reported. */
export interface LostRun {
  readonly run: Run
  /** Since it was given to the thread. */
  readonly durationMs: number
  /** Whether the thread took it in before it died. */
  readonly wasReceived: boolean
  /** Whether the code that the thread ran last belongs to it. */
  readonly wasCurrent: boolean
  /** It had been asked to end. */
  readonly wasAborted: boolean
  /** The bound on its time, when it ran longer. */
  readonly timeoutMs: number | undefined
  /** It left an error behind that nobody caught, and could not even be told to have failed. */
  readonly hasTainted: boolean
}

export interface Death {
  readonly lost: readonly LostRun[]
  readonly ending: Ending | undefined
  /** Whether the code that the thread ran last was left behind by a run that had ended. */
  readonly wasHaunted: boolean
  /** Whether jobs had ended on the thread before: what they left behind may have ended it. */
  readonly wasUsed: boolean
  /** Whether it left without an error, and without a word. */
  readonly hasExited: boolean
  /** In words. */
  readonly cause: string
}

const INNOCENT = { kind: 'interrupted', suspect: false } as const
const SUSPECT = { kind: 'interrupted', suspect: true } as const

/** Whether a job was on a thread that died with nobody to blame. Such a job runs alone. */
export function isSuspect({ job }: Run): boolean {
  if (job.meta === null || !job.meta.includes('"suspect"')) return false
  const meta: unknown = JSON.parse(job.meta)

  return typeof meta === 'object' && meta !== null && Reflect.get(meta, 'suspect') === true
}

/** Jobs that a thread was asked to leave behind: none of them pays. */
export function spare(lost: readonly Run[]): Settled[] {
  return lost.map((run) => ({ run, outcome: INNOCENT, durationMs: 0 }))
}

/**
 * What becomes of the jobs of a thread that is gone. The culprit fails; bystanders get their attempt
 * back; where nobody can tell, each is a suspect: it gets its attempt back too, and runs alone.
 */
export function judge(
  { lost, ending, wasHaunted, wasUsed, hasExited, cause }: Death,
  random: Random = Math.random,
): Settled[] {
  const present = lost.filter(({ wasReceived }) => wasReceived)
  // Beside what another has left behind nobody is.
  const isAlone = present.length === 1 && !wasHaunted
  const isKnown = isAlone || present.some(({ wasCurrent }) => wasCurrent)

  return lost.map((one) => {
    const { run, durationMs, timeoutMs, wasAborted, wasReceived } = one
    const innocent: Settled = { run, outcome: INNOCENT, durationMs }
    const suspect: Settled = { run, outcome: SUSPECT, durationMs }
    const fail = (error: Error): Settled => ({
      run,
      outcome: failure(run, error, random),
      durationMs,
    })
    if (!wasReceived) return innocent
    switch (ending) {
      case undefined:
      case 'memory':
        // Nothing but a call ends a thread like that, and whoever was at work has made it.
        if (hasExited && isKnown && !isAlone && !one.wasCurrent) return innocent
        if (hasExited && one.wasCurrent) return fail(new JobCrashError(cause))

        // Memory runs out on anybody, also for what is held by those that have ended.
        return isAlone && (hasExited || !wasUsed || isSuspect(run))
          ? fail(new JobCrashError(cause))
          : suspect
      case 'growth':
        // It may be the memory of another thread: nobody pays for having been busy just then.
        return suspect
      case 'ownGrowth':
        // Threads that are none of ours, and memory outside of Node.js, grow without a word: once more.
        return isAlone && isSuspect(run) ? fail(new JobCrashError(cause)) : suspect
      case 'ignored':
        return timeoutMs === undefined ? innocent : fail(new JobTimeoutError(timeoutMs))
      case 'blocked':
        if (wasHaunted) return innocent
        if (isKnown && !isAlone && !one.wasCurrent) return innocent
        if (timeoutMs !== undefined && isKnown) return fail(new JobTimeoutError(timeoutMs))

        // It may have been just busy, and had nobody to make way for when it runs alone.
        return wasAborted && isKnown ? innocent : suspect
      case 'tainted':
        if (!one.hasTainted) return innocent

        // Our own code failed on what a body had replaced, perhaps the body of another.
        return isAlone && (!wasUsed || isSuspect(run)) ? fail(new JobCrashError(cause)) : suspect
      case 'recycled':
      case 'idle':
      case 'overdue':
      case 'stopped':
        return innocent
      default:
        return ending satisfies never
    }
  })
}

/** The worker's own backoff cannot be asked: it is not known here, and its thread is gone. */
function failure({ job }: Run, thrown: Error, random: Random): Outcome {
  const backoffSeconds = defaultBackoff(
    { attempt: Number(job.attempt), maxAttempts: Number(job.max_attempts) },
    random,
  )

  return { kind: 'failed', error: errorText(serializeError(thrown)), backoffSeconds }
}
