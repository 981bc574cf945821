/**
 * Runs job bodies, in a thread or on the main one: looks the worker up, parses the arguments, calls
 * `process`, and reports how each ended. It never throws, and reports each run once.
 */
import { types } from 'node:util'
import { parseArgs } from '../worker/args.ts'
import { defaultBackoff } from '../backoff.ts'
import { monotonicMs, preciseMs } from '../clock.ts'
import type { WorkerDefinition } from '../worker/definition.ts'
import { timeoutOf } from '../worker/timeout.ts'
import { ExecutingJob, type Around, type ProcessResult } from '../worker/execution.ts'
import {
  JobAbortedError,
  JobCrashError,
  JobTimeoutError,
  UnknownWorkerError,
  type AbortCode,
} from '../job-errors.ts'
import { parseJob, storedArgs, type Job } from '../job.ts'
import type { Outcome } from '../protocol/outcome.ts'
import { toSeconds } from '../period.ts'
import { shown } from '../shown.ts'
import { instrumentOf } from '../instruments.ts'
import { isCancel, isRecorded, isSnooze, snooze } from '../worker/results.ts'
import { isTrusted } from '../protocol/tenure.ts'
import { encodeRecorded } from '../term.ts'
import { TokenTable } from '../token-table.ts'
import { surround } from './around.ts'
import { runAs } from './current.ts'
import { OwnMeans, type OwnRow } from './own-job.ts'
import type { JobMessage, SettledMessage, StartedMessage } from './protocol.ts'
import { errorText, serializeError, storable } from './serialized-error.ts'
import { Slices } from './slices.ts'
import { Task } from './task.ts'
import { logOf, type ToolOptions, Tools } from './tools.ts'

const { isPromise } = types

export interface ExecutorOptions extends ToolOptions {
  /** Whose jobs these are, for who follows them. Default: nobody follows them */
  readonly instance?: string
  readonly find: (worker: string) => WorkerDefinition | undefined
  readonly unknownWorkers: 'fail' | 'release'
  /** Wraps each body. */
  readonly around: Around | undefined
  /** Jobs start only while this is trusted; the others wait for `renewed`. */
  readonly lease: BigInt64Array
  /** Resolves when the aborts that were asked for have arrived; undefined when none is on its way. */
  readonly abortsArrived: () => Promise<void> | undefined
  /** A job with a timeout is about to run: from now on somebody has to watch the clock. */
  readonly onStarted: (message: StartedMessage) => void
  readonly onSettled: (items: readonly SettledMessage[]) => void
  /** A run failed with this, as it was thrown: what is stored of it is text. Default: nothing */
  readonly onThrown?: (error: unknown) => void
  /** What bodies do to their own rows. */
  readonly own: OwnRow
}

/** As it is before any body runs: one that fakes the timers of its thread must not keep its end. */
const { queueMicrotask } = globalThis

/** A backoff function that takes longer has no say. */
const SLOW_BACKOFF_MS = 1_000

export class Executor {
  readonly #options: ExecutorOptions
  readonly #tasks = new TokenTable<Task>()
  readonly #slices = new Slices<Task>((task) => {
    this.#start(task)
  })
  #held: Task[] = []
  #settled: SettledMessage[] = []

  constructor(options: ExecutorOptions) {
    this.#options = options
  }

  /** Jobs that have not ended. */
  get load(): number {
    return this.#tasks.size
  }

  run(messages: readonly JobMessage[]): void {
    const tasks = messages.map((message) => new Task(message))
    for (const task of tasks) this.#tasks.set(task.message.token, task)
    this.#slices.add(tasks)
  }

  /**
   * Abort a job's signal, for the first reason given. One whose body has not begun never begins: it ends
   * at once, as what its schema waits for may never come.
   */
  abort(token: number, code: AbortCode): void {
    const task = this.#tasks.get(token)
    if (task === undefined || task.abortCode !== undefined) return
    task.abort(code)
    if (task.phase === 'running') return
    if (task.phase === 'held') {
      this.#held = this.#held.filter((held) => held !== task)
      this.#slices.remove(task)
    }
    this.#settle(task, this.#unbegun(task, code))
  }

  /** The lease was renewed: start what waited for it. */
  renewed(): void {
    const held = this.#held
    this.#held = []
    this.#slices.add(held)
  }

  /** Fail a job for what it did outside of its body; nothing when it has ended. */
  crash(token: number, what: string, cause: unknown): void {
    const task = this.#tasks.get(token)
    if (task === undefined) return
    // What the thread would tell may die with it: the main thread tells of such an attempt.
    task.attempt = undefined
    this.#settle(task, this.#failed(task, new JobCrashError(what, { cause })))
  }

  /** Report what has ended at once, rather than with the end of this turn. */
  flush(): void {
    if (this.#settled.length === 0) return
    const items = this.#settled
    this.#settled = []
    this.#options.onSettled(items)
  }

  #start(task: Task): void {
    if (!isTrusted(this.#options.lease)) {
      this.#hold(task)

      return
    }
    task.phase = 'checking'
    task.startedAtMs = preciseMs()
    const { instance } = this.#options
    task.attempt =
      instance === undefined ? undefined : instrumentOf(instance)?.begin(instance, task.message.job)
    void runAs(task.message, () =>
      task.attempt ? task.attempt.run(() => this.#see(task)) : this.#see(task),
    )
  }

  /** Run a task to its end. With `await`, which no body can replace as it can `then`. */
  async #see(task: Task): Promise<void> {
    const { job: row } = task.message
    const definition = this.#options.find(row.worker)
    if (definition?.process === undefined) {
      this.#settle(task, this.#unknown(task))

      return
    }
    let outcome: Outcome
    try {
      this.#watchClock(task, definition)
      const parsing = parseArgs(definition, storedArgs(row))
      // Without a wait where there is none: bodies of others would run meanwhile, and the clock with them.
      const args = isPromise(parsing) ? await parsing : parsing
      const arriving = this.#options.abortsArrived()
      if (arriving) await arriving
      if (!this.#mayBegin(task)) return
      task.phase = 'running'
      const job = new ExecutingJob(row, args, new OwnMeans(this.#options.own, task))
      try {
        outcome = outcomeOf(await this.#answer(task, job, definition.process, definition))
      } finally {
        if (job.isStoring) await job.rest()
      }
    } catch (thrown) {
      if (!this.#isOpen(task)) return
      outcome = thrownAnswer(thrown) ?? this.#failed(task, thrown, definition)
    }
    this.#settle(task, outcome)
  }

  #hold(task: Task): void {
    task.phase = 'held'
    this.#held.push(task)
  }

  /** Whether a body may run now that its arguments are known: that may have taken turns of the loop. */
  #mayBegin(task: Task): boolean {
    // The job was aborted, or its thread spoilt.
    if (!this.#isOpen(task)) return false
    // The body of another job may have blocked this thread since the look that let this one in.
    if (isTrusted(this.#options.lease)) return true
    this.#hold(task)
    // It begins anew; what nobody ends is told to nobody.
    task.attempt = undefined

    return false
  }

  #unknown(task: Task): Outcome {
    if (this.#options.unknownWorkers === 'release') return { kind: 'unknown' }

    return this.#failed(task, new UnknownWorkerError(task.message.job.worker))
  }

  #isOpen(task: Task): boolean {
    return this.#tasks.get(task.message.token) === task
  }

  /** How a job ends whose body never began. */
  #unbegun(task: Task, code: AbortCode): Outcome {
    // Only the schema can have taken its time; who waits for the lease has had none.
    if (code !== 'OBAN_TIMEOUT' || task.phase === 'held') {
      return { kind: 'interrupted', suspect: false }
    }
    const { message } = task
    const definition = this.#options.find(message.job.worker)

    return runAs(message, () => this.#failed(task, new JobAbortedError(code), definition))
  }

  #watchClock(task: Task, definition: WorkerDefinition): void {
    const { token, job } = task.message
    const timeoutMs = timeoutOf(definition, () => parseJob(job))
    if (timeoutMs === undefined) return
    task.timeoutMs = timeoutMs
    this.#options.onStarted({ token, timeoutMs, startedAtMs: monotonicMs() })
  }

  #answer(
    task: Task,
    job: ExecutingJob,
    process: NonNullable<WorkerDefinition['process']>,
    definition: WorkerDefinition,
  ): ProcessResult | Promise<ProcessResult> {
    const { around } = this.#options
    const tools = new Tools(task, definition, this.#options)
    if (around === undefined) return process(job, tools)

    // The body's own context, also where `around` has left it.
    return surround(around, job, () => runAs(task.message, () => process(job, tools)))
  }

  #failed(task: Task, thrown: unknown, definition?: WorkerDefinition): Outcome {
    // A body that ends because its node stops has not failed.
    if (task.abortCode === 'OBAN_SHUTDOWN') return { kind: 'interrupted', suspect: false }
    const error =
      task.abortCode === 'OBAN_TIMEOUT' && task.timeoutMs !== undefined
        ? new JobTimeoutError(task.timeoutMs, { cause: thrown })
        : thrown
    task.error = error
    this.#options.onThrown?.(error)

    return {
      kind: 'failed',
      error: errorText(serializeError(error)),
      backoffSeconds: this.#backoff(task, definition),
    }
  }

  /** Seconds until the next attempt: the worker's own opinion, when it has one that can be used. */
  #backoff(task: Task, definition: WorkerDefinition | undefined): number {
    const job = parseJob(task.message.job)
    const asked =
      definition?.backoff === undefined ? undefined : askBackoff(definition.backoff, job)
    if (typeof asked === 'number') return asked
    const standard = defaultBackoff(job)
    if (asked !== undefined) {
      // The job has failed already; how its backoff failed as well must not hide why.
      const log = logOf(task, this.#options.onLog)
      log.warn(`the job waits ${standard} s, as without a backoff of its worker: ${asked.problem}`)
    }

    return standard
  }

  #settle(task: Task, outcome: Outcome): void {
    const { token } = task.message
    if (!this.#tasks.delete(token)) return
    if (this.#settled.length === 0) {
      queueMicrotask(() => {
        this.flush()
      })
    }
    const durationMs = task.startedAtMs === undefined ? 0 : preciseMs() - task.startedAtMs
    const settled = { token, outcome, durationMs }
    if (task.attempt === undefined) {
      this.#settled.push(settled)

      return
    }
    const wasCancelled = task.abortCode === 'OBAN_CANCELLED'
    task.attempt.end({ outcome, error: task.error, wasCancelled })
    this.#settled.push({ ...settled, isFollowed: true })
  }
}

/** What a body threw that it might have returned, perhaps from deep inside. */
function thrownAnswer(thrown: unknown): Outcome | undefined {
  try {
    return isCancel(thrown) || isSnooze(thrown) ? outcomeOf(thrown) : undefined
  } catch {
    // A proxy whose traps throw, or an answer of the body's own making.
    return undefined
  }
}

/** What `process` answered. */
function outcomeOf(result: unknown): Outcome {
  if (isCancel(result)) {
    const reason = result.reason === undefined ? '' : `: ${result.reason}`

    return { kind: 'cancelled', error: storable(`job cancelled itself${reason}`) }
  }
  // Anew, as the brand is all that is known of it: a number that no timestamp holds could never be stored.
  if (isSnooze(result)) return { kind: 'snoozed', seconds: snooze(result.seconds).seconds }
  if (isRecorded(result)) return { kind: 'completed', recorded: encodeRecorded(result.value) }

  return { kind: 'completed' }
}

/** Seconds, or why what the worker's `backoff` answered cannot be used. */
function askBackoff(
  backoff: NonNullable<WorkerDefinition['backoff']>,
  job: Job,
): number | { readonly problem: string } {
  const askedAtMs = monotonicMs()
  try {
    const seconds = toSeconds(backoff(job), 'backoff')
    if (typeof seconds !== 'number') return { problem: `${seconds.path}: ${seconds.message}` }
    const tookMs = monotonicMs() - askedAtMs

    return tookMs < SLOW_BACKOFF_MS
      ? seconds
      : { problem: `it took ${tookMs} ms, and has ${SLOW_BACKOFF_MS}` }
  } catch (error) {
    return { problem: `it threw ${shown(error)}` }
  }
}
