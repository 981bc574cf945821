/** Runs the body of one job as a queue would, and tells how that ended. */
import { hasMethods } from '../adapters/refusal.ts'
import { systemClock } from '../clock.ts'
import { ConfigError, type Problem } from '../errors.ts'
import type { Enqueuer } from '../job/enqueuer.ts'
import { parseJob } from '../job.ts'
import type { AbortCode } from '../job-errors.ts'
import { endedRow } from '../modes/row-of-run.ts'
import { runHere, type RanHere } from '../modes/run-here.ts'
import { findInstance } from '../registry.ts'
import { shown } from '../shown.ts'
import { handleOf } from '../worker.ts'
import type { WorkerDefinition } from '../worker/definition.ts'
import type { JobContext } from '../worker/register.ts'
import { isCancel } from '../worker/results.ts'
import { storedTimeout, timeoutProblems, type Timeout } from '../worker/timeout.ts'
import { type Answer, observed } from './answers.ts'
import type { JobToRun } from './job-to-run.ts'
import type { FailedJob, LoggedLine, PerformedJob } from './performed.ts'

/** How a test wants a body to be run. */
export interface RunOptions {
  /** What `setup()` of `threadOptions.setup` would give. Default: undefined */
  readonly context?: JobContext
  /** Cancels the job when it aborts, also one that has aborted before. Default: never */
  readonly signal?: AbortSignal | undefined
  /** In place of the worker's. Default: that of the worker */
  readonly timeout?: Timeout | undefined
  /** The instance, or its name, with which `self` enqueues. Default: the one named 'Oban' */
  readonly oban?: Enqueuer | string | undefined
  /** Answer how the body failed, rather than throwing what it threw. Default: false */
  readonly withSafety?: boolean | undefined
}

export const runOptions = [
  'context',
  'signal',
  'timeout',
  'oban',
  'withSafety',
] satisfies (keyof RunOptions)[]

/**
 * Run a job once.
 *
 * @throws {unknown} see `performJob`
 */
export async function runBody(
  job: JobToRun,
  { context, signal, timeout, oban, withSafety = false }: RunOptions,
): Promise<FailedJob | PerformedJob> {
  refuseUnusable({ oban, signal, timeout })
  const answer: Answer = {}
  const definition = withTimeout(observed(job.definition, answer), timeout)
  const row = await job.row()
  const home = typeof oban === 'string' ? findInstance(oban) : oban
  const logs: LoggedLine[] = []
  const ran = await following(signal, (onBegin) =>
    runHere({
      clock: systemClock,
      definition,
      row,
      context,
      around: undefined,
      handle: (own) => handleOf(own, home),
      onLog: ({ level, message, fields }) => logs.push({ level, message, fields }),
      onBegin,
    }),
  )
  if (answer.refusal) throw answer.refusal
  if (ran.failure && ran.settled.outcome.kind === 'failed' && !withSafety) throw ran.failure.error

  return performed(ran, answer, logs)
}

function performed(
  ran: RanHere,
  { verdict }: Answer,
  logs: readonly LoggedLine[],
): FailedJob | PerformedJob {
  const job = parseJob<unknown>(endedRow(ran, systemClock.now()))
  const { outcome } = ran.settled
  switch (outcome.kind) {
    case 'completed':
      return { state: 'completed', recorded: job.recorded, job, logs }
    case 'cancelled':
      return {
        state: 'cancelled',
        reason: isCancel(verdict) ? verdict.reason : undefined,
        job,
        logs,
      }
    case 'snoozed':
      return { state: 'snoozed', delaySeconds: outcome.seconds, job, logs }
    case 'failed': {
      const error = ran.failure?.error
      const delaySeconds = job.state === 'discarded' ? undefined : outcome.backoffSeconds

      return {
        state: job.state === 'discarded' ? 'discarded' : 'retryable',
        error,
        delaySeconds,
        job,
        logs,
      }
    }
    case 'unknown':
    case 'interrupted':
      throw new Error(`a run in a test ended as ${outcome.kind}`)
    default:
      return outcome satisfies never
  }
}

function withTimeout(definition: WorkerDefinition, timeout: Timeout | undefined): WorkerDefinition {
  if (timeout === undefined) return definition

  return { ...definition, timeout: storedTimeout(timeout, {}) }
}

function refuseUnusable({
  oban,
  signal,
  timeout,
}: Pick<RunOptions, 'oban' | 'signal' | 'timeout'>): void {
  const problems: Problem[] = timeoutProblems(timeout)
  const refuse = (path: string, expected: string, given: unknown) => {
    problems.push({ path, message: `must be ${expected}, got ${shown(given)}` })
  }
  if (signal !== undefined && !hasMethods(signal, ['addEventListener', 'throwIfAborted'])) {
    refuse('signal', 'an AbortSignal', signal)
  }
  const isNamed = oban === undefined || typeof oban === 'string'
  if (!isNamed && !hasMethods(oban, ['enqueue', 'getJob', 'waitForJob'])) {
    refuse('oban', 'an instance or its name', oban)
  }
  if (problems.length > 0) throw new ConfigError(problems)
}

/** Cancel a run once a signal of the test aborts: not before the body begins, which sees it aborted. */
async function following(
  signal: AbortSignal | undefined,
  run: (onBegin: (_: unknown, abort: (code: AbortCode) => void) => void) => Promise<RanHere>,
): Promise<RanHere> {
  const isOver = new AbortController()
  try {
    return await run((_, abort) => {
      const cancel = () => {
        abort('OBAN_CANCELLED')
      }
      if (signal?.aborted) cancel()
      else signal?.addEventListener('abort', cancel, { once: true, signal: isOver.signal })
    })
  } finally {
    isOver.abort()
  }
}
