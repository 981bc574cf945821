/** Runs a worker's body in a test, as a queue would, and tells how it ended. */
import { hasMethods } from '../adapters/refusal.ts'
import { systemClock } from '../clock.ts'
import { ConfigError, type Problem } from '../errors.ts'
import { checkOptions } from '../job/call-options.ts'
import type { Enqueuer } from '../job/enqueuer.ts'
import { parseJob } from '../job.ts'
import type { AbortCode } from '../job-errors.ts'
import { endedRow } from '../modes/row-of-run.ts'
import { runHere, type RanHere } from '../modes/run-here.ts'
import { findInstance } from '../registry.ts'
import { shown } from '../shown.ts'
import { handleOf } from '../worker.ts'
import type { AnyWorker, WorkerDefinition } from '../worker/definition.ts'
import type { InputOf, NewParams } from '../worker/inference.ts'
import type { JobContext } from '../worker/register.ts'
import { isCancel } from '../worker/results.ts'
import { storedTimeout, timeoutProblems, type Timeout } from '../worker/timeout.ts'
import { type Answer, observed } from './answers.ts'
import { type BuildOptions, buildOptions, claimedJob, testedWorker } from './claimed-job.ts'
import type { FailedJob, LoggedLine, PerformedJob } from './performed.ts'

export interface PerformOptions extends BuildOptions {
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

const performOptions = [
  ...buildOptions,
  'context',
  'signal',
  'timeout',
  'oban',
  'withSafety',
] satisfies (keyof PerformOptions)[]

interface Throwing extends PerformOptions {
  readonly withSafety?: false | undefined
}

interface Safe extends PerformOptions {
  readonly withSafety: boolean
}

/**
 * Run a worker's body once and tell how that ended. Touches no database: the job is made here, with an
 * id by chance and as the first attempt, and its end is stored nowhere. What the body enqueues goes
 * where the testing mode says.
 *
 * Arguments go through JSON and the schema; signal, timeout, `updateMeta` and `complete` do what they do
 * in a queue. What the body logs is in `logs`, and written nowhere.
 *
 * @example
 * ```ts
 * const { state, recorded } = await performJob(Resize, { path: 'a.png' }, { attempt: 2 })
 * ```
 *
 * @param options.withSafety - true answers `retryable` or `discarded` where it would throw
 * @throws {InvalidArgsError} when the arguments do not match the worker's schema
 * @throws {InvalidJobError | InvalidIdError} when an option has a value that no job can have
 * @throws {ConfigError} when an option does not exist, or cannot be used
 * @throws {TestingError} when the worker is none, or returns what a queue would lose
 * @throws {JobTimeoutError} when the body takes too long
 * @throws {unknown} what the body throws
 * @see https://hexdocs.pm/oban/Oban.Testing.html#perform_job/3
 */
export async function performJob<W extends AnyWorker>(
  worker: W,
  ...params: NewParams<InputOf<W>, Throwing>
): Promise<PerformedJob<W>>
export async function performJob<W extends AnyWorker>(
  worker: W,
  ...params: NewParams<InputOf<W>, Safe>
): Promise<FailedJob<W> | PerformedJob<W>>
export async function performJob(
  worker: AnyWorker,
  args?: unknown,
  options: PerformOptions = {},
): Promise<FailedJob | PerformedJob> {
  const found = testedWorker('performJob', worker)
  checkOptions(options, performOptions)
  const { context, signal, timeout, oban, withSafety = false, ...build } = options
  refuseUnusable({ oban, signal, timeout })
  const answer: Answer = {}
  const definition = withTimeout(observed(found, answer), timeout)
  const row = await claimedJob(definition, args, build)
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
}: Pick<PerformOptions, 'oban' | 'signal' | 'timeout'>): void {
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
