/**
 * Runs job bodies, in a thread or on the main one: looks the worker up, parses the arguments, calls
 * `process`, and reports how each ended. It never rejects and never throws.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { parseArgs } from '../args.ts'
import { defaultBackoff } from '../backoff.ts'
import { JobAbortedError, UnknownWorkerError } from '../job-errors.ts'
import { parseClaimed, type Job } from '../job.ts'
import type { Outcome } from '../outcome.ts'
import { toSeconds } from '../period.ts'
import { isCancel, isRecorded, isSnooze } from '../results.ts'
import { isTrusted, monotonicMs } from '../tenure.ts'
import { encodeRecorded } from '../term.ts'
import type { WorkerDefinition } from '../worker.ts'
import type { AbortCode, JobMessage, LogLine, SettledMessage } from './protocol.ts'
import { errorText, serializeError } from './serialized-error.ts'

export interface ExecutorOptions {
  readonly find: (worker: string) => WorkerDefinition | undefined
  readonly unknownWorkers: 'fail' | 'release'
  /** Jobs start only while this is trusted; the others wait for `renewed`. */
  readonly lease: BigInt64Array
  readonly onSettled: (items: readonly SettledMessage[]) => void
  readonly onLog: (line: LogLine) => void
  readonly random?: () => number
}

/** A body that runs, or waits for the lease. */
interface Task {
  readonly message: JobMessage
  abortCode: AbortCode | undefined
  controller: AbortController | undefined
}

/** The token of the job whose body, timer or callback is being run. */
export const currentToken = new AsyncLocalStorage<number>()

/** A backoff function that takes longer, in milliseconds, is not waited for in earnest. */
const SLOW_BACKOFF_MS = 1_000

export class Executor {
  readonly #options: ExecutorOptions
  readonly #random: () => number
  readonly #tasks = new Map<number, Task>()
  #held: Task[] = []
  #settled: SettledMessage[] = []

  constructor(options: ExecutorOptions) {
    this.#options = options
    this.#random = options.random ?? Math.random
  }

  run(message: JobMessage): void {
    const task: Task = { message, abortCode: undefined, controller: undefined }
    this.#tasks.set(message.token, task)
    this.#start(task)
  }

  /** Abort a job's signal. One whose body has not begun is dropped. */
  abort(token: number, code: AbortCode): void {
    const task = this.#tasks.get(token)
    if (task === undefined) return
    task.abortCode = code
    if (this.#held.includes(task)) {
      this.#held = this.#held.filter((held) => held !== task)
      this.#settle(task, { kind: 'interrupted', suspect: false }, 0)
    } else {
      task.controller?.abort(new JobAbortedError(code))
    }
  }

  /** Start what waited for the lease. */
  renewed(): void {
    const held = this.#held
    this.#held = []
    for (const task of held) this.#start(task)
  }

  #start(task: Task): void {
    if (!isTrusted(this.#options.lease)) {
      this.#held.push(task)

      return
    }
    const startedAtMs = monotonicMs()
    const settle = (outcome: Outcome): void => {
      this.#settle(task, outcome, monotonicMs() - startedAtMs)
    }
    void currentToken.run(task.message.token, () => this.#execute(task)).then(settle)
  }

  async #execute(task: Task): Promise<Outcome> {
    const { job: row } = task.message
    const definition = this.#options.find(row.worker)
    if (definition?.process === undefined) {
      if (this.#options.unknownWorkers === 'release') return { kind: 'unknown' }

      return this.#failed(task, new UnknownWorkerError(row.worker))
    }
    try {
      const args = await parseArgs(definition, JSON.parse(row.args))
      const job = parseClaimed(row, args)

      return this.#outcome(await definition.process(job, this.#context(task, definition)))
    } catch (thrown) {
      return isCancel(thrown) || isSnooze(thrown)
        ? this.#outcome(thrown)
        : this.#failed(task, thrown, definition)
    }
  }

  #outcome(result: unknown): Outcome {
    if (isCancel(result)) return { kind: 'cancelled', error: cancelText(result.reason) }
    if (isSnooze(result)) return { kind: 'snoozed', seconds: result.seconds }
    if (isRecorded(result)) return { kind: 'completed', recorded: encodeRecorded(result.value) }

    return { kind: 'completed' }
  }

  #failed(task: Task, thrown: unknown, definition?: WorkerDefinition): Outcome {
    // A body that ends because its node stops has not failed.
    if (task.abortCode === 'OBAN_SHUTDOWN') return { kind: 'interrupted', suspect: false }
    const { job: row } = task.message

    return {
      kind: 'failed',
      error: errorText(serializeError(thrown)),
      backoffSeconds: this.#backoff(row, definition),
    }
  }
}
