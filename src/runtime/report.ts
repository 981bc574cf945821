/** Tells telemetry what happens in the runtime; of a job once the database knows it too. */
import type { Report } from '../../supervisors/index.ts'
import type { Outcome, Settled } from '../protocol/outcome.ts'
import { errorOfText } from '../job/error-text.ts'
import { emit, listening } from '../telemetry/channels.ts'
import type { EventMap, JobFields, Origin } from '../telemetry/events.ts'
import { isOrderly, type Ending } from '../threads/blame.ts'
import type { LogLine, ModuleFailure } from '../threads/protocol.ts'
import { reviveError } from '../threads/serialized-error.ts'
import type { ThreadExit } from '../threads/thread.ts'
import type { Run } from '../protocol/tenure.ts'
import type { Runtime } from './runtime.ts'
import { parseTextArray } from '../job/text-array.ts'
import { parseTimestamp } from '../job/timestamp.ts'

/** Written out, as a spread behind other members costs microseconds, for each job. */
function jobFields({ instance, node }: Origin, { job }: Run): JobFields & Origin {
  return {
    instance,
    node,
    id: Number(job.id),
    worker: job.worker,
    queue: job.queue,
    attempt: Number(job.attempt),
    maxAttempts: Number(job.max_attempts),
    tags: parseTextArray(job.tags),
  }
}

export function reportStart(origin: Origin, runs: readonly Run[]): void {
  if (!listening('job.start')) return
  for (const run of runs) emit('job.start', jobFields(origin, run))
}

/** An attempt that was interrupted, or given back for others, did not end. */
const STOPPED = { completed: 'success', cancelled: 'cancelled', snoozed: 'snoozed' } as const

function isStop(kind: Outcome['kind']): kind is keyof typeof STOPPED {
  return Object.hasOwn(STOPPED, kind)
}

export function reportEnd(origin: Origin, { run, outcome, durationMs }: Settled): void {
  const event = outcome.kind === 'failed' ? 'job.exception' : 'job.stop'
  if (!listening(event)) return
  const { job } = run
  const waited =
    parseTimestamp(job.attempted_at).getTime() - parseTimestamp(job.scheduled_at).getTime()
  const told = { ...jobFields(origin, run), durationMs, queueTimeMs: Math.max(0, waited) }
  if (outcome.kind === 'failed') {
    const state = Number(job.attempt) >= Number(job.max_attempts) ? 'discard' : 'failure'
    emit('job.exception', { ...told, state, error: errorOfText(outcome.error) })
  } else if (isStop(outcome.kind)) {
    emit('job.stop', { ...told, state: STOPPED[outcome.kind] })
  }
}

/** The job was cancelled before its attempt ended, or had completed itself: that is how it ended. */
export function reportOvertaken(
  origin: Origin,
  settled: Settled,
  state: 'cancelled' | 'completed',
): void {
  const { run, outcome } = settled
  if (state === 'completed' && outcome.kind === 'failed') {
    const { id, queue, worker } = run.job
    const message = `the body failed after its job had completed itself: ${outcome.error}`
    const fields = { id: Number(id), queue, worker }
    emit('job.log', { ...origin, via: 'log', level: 'warn', message, fields })
  }
  const told: Outcome = state === 'cancelled' ? { kind: state, error: '' } : { kind: state }
  reportEnd(origin, { ...settled, outcome: told })
}

/** A body on the main thread had to end, and goes on. */
export function reportStuck(origin: Origin, run: Run): void {
  emit('job.stuck', jobFields(origin, run))
}

/** A worker module did not load somewhere; told once for each. */
export function reportModule(
  { origin, failedModules }: Pick<Runtime, 'failedModules' | 'origin'>,
  { module, error }: ModuleFailure,
): void {
  if (failedModules.has(module)) return
  failedModules.add(module)
  emit('module.failed', { ...origin, module, error: reviveError(error) })
}

/** A body wrote a line. */
export function reportLog(origin: Origin, { via, level, message, fields }: LogLine): void {
  emit('job.log', { ...origin, via, level, message, fields })
}

/** What each way to end a thread is called outside. */
const CAUSES = {
  blocked: 'unresponsive',
  ignored: 'unresponsive',
  tainted: 'crash',
  overdue: 'crash',
  memory: 'memory',
  growth: 'memory',
  ownGrowth: 'memory',
  recycled: 'recycled',
  idle: 'idle',
  stopped: 'shutdown',
} as const satisfies Record<Ending, EventMap['thread.exit']['cause']>

/** A thread is gone. */
export function reportExit(
  origin: Origin,
  place: Pick<EventMap['thread.exit'], 'queue' | 'thread'>,
  { ending, cause: error }: ThreadExit,
): void {
  emit('thread.exit', {
    ...origin,
    ...place,
    cause: ending === undefined ? 'crash' : CAUSES[ending],
    error: isOrderly(ending) ? undefined : error,
  })
}

/** An internal query failed, and will be tried again. */
export function reportFailure(origin: Origin, source: string, error: unknown): void {
  emit('query.failed', { ...origin, source, error })
}

/** A caretaker is about to start. */
export function reportCaretaker(origin: Origin, caretaker: string): void {
  emit('caretaker.start', { ...origin, caretaker })
}

/** A queue has stopped; `orphaned` jobs were still running. */
export function reportShutdown(origin: Origin, shutdown: EventMap['queue.shutdown']): void {
  emit('queue.shutdown', { ...origin, ...shutdown })
}

/**
 * What a supervisor has to say. Each is given this: what happens below a supervisor is not told to the
 * one above it.
 *
 * @param path - stands before the ids of children that are not unique in the tree
 */
export function reportTree(origin: Origin, path = ''): (report: Report) => void {
  return ({ kind, id, error }) => {
    emit('supervisor.report', { ...origin, kind, id: `${path}${id}`, error })
  }
}
