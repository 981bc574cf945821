/** What the waits of a spy say that were in vain: what became of the jobs, and what stands in their way. */
import type { Job, JobState } from '../job.ts'
import { hasMethods } from '../adapters/refusal.ts'
import { NotRunningError } from '../errors.ts'
import { JobAssertionError } from './assertion-error.ts'
import type { Criterion } from './difference.ts'
import { criteriaLines } from './findings.ts'
import { failureLines, indented, listed, nameOfJob, spelled, standing } from './job-text.ts'
import type { Sightings } from './sightings.ts'
import type { Subject } from './subject.ts'
import type { OneJob, SomeJobs } from './target.ts'

export interface Asked {
  readonly states: readonly JobState[]
  readonly timeoutMs: number
}

/** What there is to tell of. */
export interface Scene {
  readonly subject: Subject
  readonly seen: Sightings
  /** Those that are meant. */
  readonly jobs: readonly Job[]
  /** All since the watch began. */
  readonly others: readonly Job[]
}

/** The error for a job that has ended otherwise. */
export function inVain(job: Job, states: readonly JobState[]): JobAssertionError {
  const wanted = states.join(' or ')
  const first = `expected ${nameOfJob(job)} to become ${wanted}, but it has ended: it is ${standing(job)}`
  const lines = [first, ...indented(failureLines(job))]

  return new JobAssertionError(lines.join('\n'), { expected: wanted, actual: job.state })
}

/** The error for a wait that took too long. */
export function neverSeen(
  wanted: OneJob | SomeJobs,
  { states, timeoutMs }: Asked,
  scene: Scene,
): JobAssertionError {
  const who = wanted.kind === 'one' ? `job ${wanted.id}` : `a job${wanted.description}`
  const what = `expected ${who} to become ${states.join(' or ')} within ${spelled(timeoutMs)}`
  const isDescribed = wanted.kind === 'one' || wanted.criteria.list.every(isWorkerOnly)
  const lines = [
    ...(isDescribed ? [what] : [`${what}, with`, '', ...indented(criteriaLines(wanted.criteria))]),
    '',
    ...(scene.jobs.length === 0 ? nothingLines(wanted, scene) : jobLines(scene)),
  ]

  return new JobAssertionError(lines.join('\n'))
}

/** The first line has its name. */
function isWorkerOnly({ name, value }: Criterion): boolean {
  return name === 'worker' && typeof value === 'string'
}

function jobLines({ subject, seen, jobs }: Scene): string[] {
  const lines = (job: Job) => {
    const states = seen.statesOf(job.id)
    const history = states.length > 1 ? [`seen ${states.join(', ')}`] : []
    const details = [...history, ...failureLines(job), ...obstacles(job, subject, seen)]

    return [`${nameOfJob(job)} is ${standing(job)}`, ...indented(details)]
  }

  return ['Found instead:', '', ...listed(jobs, lines)]
}

function nothingLines(wanted: OneJob | SomeJobs, { others }: Scene): string[] {
  if (wanted.kind === 'one') {
    return [`There is no job ${wanted.id}: it was deleted, or its transaction has not committed.`]
  }
  const none =
    'No such job was inserted since the watch began, and none of before did anything here.'
  if (others.length === 0) return [none, 'Nor was there any other.']

  return [
    none,
    `There ${others.length === 1 ? 'was another' : `were ${others.length} others`}:`,
    '',
    ...listed(others, (job) => [`${nameOfJob(job)} is ${standing(job)}`]),
  ]
}

/** Why a job that waits does not run, as far as this node knows. */
function obstacles(job: Job, subject: Subject, seen: Sightings): string[] {
  if (!['available', 'scheduled', 'retryable'].includes(job.state)) return []
  const unknown = seen.unknownWorkers.has(job.worker)
    ? [`no module of this node defines the worker "${job.worker}": list it in \`workers\``]
    : []
  const broken = [...seen.failedModules].map((module) => `a worker module does not load: ${module}`)

  return [...unknown, ...broken, ...queueObstacle(job, subject)]
}

interface AskedForQueues extends Subject {
  checkQueue(queue: string): { readonly paused: boolean } | undefined
}

function canBeAsked(subject: Subject): subject is AskedForQueues {
  return hasMethods(subject, ['checkQueue'])
}

function queueObstacle({ queue }: Job, subject: Subject): string[] {
  if (subject.testingMode === 'manual') {
    return [`testing mode "manual" runs nothing by itself: await oban.drainQueue('${queue}')`]
  }
  if (!canBeAsked(subject)) return []
  try {
    const state = subject.checkQueue(queue)
    if (!state) return [`queue "${queue}" does not run on this node: is it in \`queues\`?`]

    return state.paused ? [`queue "${queue}" is paused on this node`] : []
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error

    return [`the instance "${subject.name}" is not started; only other nodes run its jobs`]
  }
}
