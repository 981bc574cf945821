/**
 * One worker thread and the runs it was given. The main thread keeps that record: what a thread knows
 * is gone when it dies.
 */
import type { EventLoopUtilization } from 'node:perf_hooks'
import type { ResourceLimits } from 'node:worker_threads'
import type { AbortCode } from '../job-errors.ts'
import type { Settled } from '../protocol/outcome.ts'
import type { Run, Tenure } from '../protocol/tenure.ts'
import { ENDINGS, isForMemory, isSuspect, type Death, type Ending } from './blame.ts'
import { Cells, type MemorySample } from './cells.ts'
import { packJob, unpackEnd } from './packing.ts'
import type {
  FromThread,
  LogLine,
  Reply,
  Request,
  StartedMessage,
  ThreadData,
  ToThread,
} from './protocol.ts'
import { processMemory } from './process-memory.ts'
import { Roster } from './roster.ts'
import { serializeError } from './serialized-error.ts'
import { spawnThread, type Spawned } from './spawn.ts'

export interface ThreadOptions {
  readonly data: Omit<ThreadData, 'cells'>
  readonly tenure: Tenure
  readonly env: Readonly<Record<string, string>>
  readonly resourceLimits: ResourceLimits
  readonly onReady: (message: FromThread & { type: 'ready' }) => void
  /** A run with a timeout is about to start. */
  readonly onStarted: (run: Run, message: StartedMessage) => void
  readonly onSettled: (items: readonly Settled[]) => void
  /** Answer a job that asks for something of the instance. */
  readonly onCall: (request: Request) => Promise<unknown>
  readonly onLog: (line: LogLine, run: Run | undefined) => void
  /** A run of it has spoilt the thread, which must be replaced; its other runs may finish. */
  readonly onTainted: () => void
  readonly onExit: (exit: ThreadExit) => void
}

export interface ThreadExit extends Death {
  /** Whether it ever came up. */
  readonly booted: boolean
}

/** What a thread costs now. */
export interface ThreadLook {
  /** Its heap and what lies outside, as it was seen last while it had jobs. */
  readonly memoryBytes: number
  /** Share of the time since the last look in which its loop was busy, from 0 to 1. */
  readonly utilization: number
}

export class Thread {
  readonly #options: ThreadOptions
  readonly #cells = new Cells()
  readonly #roster = new Roster()
  readonly #spawned: Spawned
  /** Resolves when the thread is no more. */
  readonly gone: Promise<void>
  #isUp = false
  #loading = 'nothing'
  /** What escaped from it. Node.js also has it exit then, and tells both in any order. */
  #thrown: string | undefined
  #end: { readonly ending?: Ending; readonly cause?: string } = {}
  #seen: EventLoopUtilization | undefined

  constructor(options: ThreadOptions) {
    this.#options = options
    const { data, env, resourceLimits, tenure } = options
    this.#spawned = spawnThread({
      name: `oban:${data.queue}:${data.thread}`,
      data: { ...data, cells: this.#cells.buffer },
      env,
      resourceLimits,
      onMessage: (message) => {
        this.#receive(message)
      },
    })
    const { worker } = this.#spawned
    tenure.threadStarted()
    processMemory.change()
    worker.on('error', (error: unknown) => {
      const { name, message } = serializeError(error)
      this.#thrown = `${name}: ${message}`
    })
    this.gone = new Promise((resolve) => {
      worker.on('exit', (code) => {
        tenure.threadEnded()
        this.#spawned.drain()
        this.#exit(code)
        resolve()
      })
    })
  }

  /** Runs that it has not reported the end of. */
  get load(): number {
    return this.#roster.size
  }

  /** Whether it has loaded its modules. */
  get isUp(): boolean {
    return this.#isUp
  }

  get settled(): number {
    return this.#roster.settled
  }

  get memory(): MemorySample {
    return this.#cells.memory
  }

  /** Whether all that it still runs was asked to end. */
  get isDoomed(): boolean {
    return this.#roster.isDoomed
  }

  /** Whether a suspect is alone on it: what it does now is held against it. */
  get isOnTrial(): boolean {
    return this.#roster.size === 1 && this.#roster.runs.every(isSuspect)
  }

  get runs(): readonly Run[] {
    return this.#roster.runs
  }

  look(): ThreadLook {
    const { performance } = this.#spawned.worker
    const before = this.#seen
    this.#seen = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(this.#seen, before)
    const { heapBytes, externalBytes } = this.#cells.memory

    // Of a loop that has just gone idle Node.js answers with less than nothing.
    return {
      memoryBytes: heapBytes + externalBytes,
      utilization: Math.min(1, Math.max(0, utilization)),
    }
  }

  has(run: Run): boolean {
    return this.#roster.find(run.token) === run
  }

  post(runs: readonly Run[]): void {
    this.#roster.post(runs)
    this.#send({ type: 'run', jobs: runs.map(packJob) })
  }

  /** Abort a run's signal; nothing when it is not here. */
  abort(run: Run, code: AbortCode): void {
    const abort = this.#roster.abort(run)
    if (abort === undefined) return
    this.#cells.ask(abort)
    this.#send({ type: 'abort', token: run.token, code, abort })
  }

  /** A run has had its time: it is to end, and has failed unless it ends well. */
  timeOut(run: Run, timeoutMs: number): void {
    this.#roster.timeOut(run, timeoutMs)
    this.abort(run, 'OBAN_TIMEOUT')
  }

  /** Whether the thread is too busy to hear that a run is to end. */
  isDeafTo(run: Run): boolean {
    return this.#roster.isUnheard(run, this.#cells)
  }

  /** Whether what it runs, unless it rests, was left behind by a job that has ended. */
  get isHaunted(): boolean {
    return this.#roster.isHaunted(this.#cells) || this.#roster.isUnreceived(this.#cells)
  }

  renewed(): void {
    if (this.load > 0) this.#send({ type: 'renewed' })
  }

  /** Have it tear down and exit by itself. */
  stop(ending: Ending): void {
    this.#end = { ending, cause: ENDINGS[ending], ...this.#end }
    this.#send({ type: 'stop' })
  }

  /** End the thread, whatever it does; resolves when it is gone. */
  async terminate(ending: Ending): Promise<void> {
    this.#end = { ending, cause: ENDINGS[ending], ...this.#end }
    await this.#spawned.worker.terminate()
    await this.gone
  }

  #send(message: ToThread): void {
    this.#spawned.port.postMessage(message)
  }

  #receive(message: FromThread): void {
    switch (message.type) {
      case 'ready':
        this.#isUp = true
        processMemory.change()
        this.#options.onReady(message)
        break
      case 'started':
        this.#started(message)
        break
      case 'settled':
        this.#options.onSettled(this.#roster.settle(message.items.map(unpackEnd)))
        break
      case 'tainted':
        this.#end = { ending: 'tainted', cause: message.cause }
        this.#roster.taint(message.token)
        this.#options.onTainted()
        break
      case 'loading':
        this.#loading = message.module
        break
      case 'dying':
        this.#end = { ...this.#end, cause: message.cause }
        break
      case 'call':
        void this.#answer(message.call, message.request)
        break
      case 'log':
        this.#options.onLog(message, this.#roster.find(message.token))
        break
      default:
        message satisfies never
    }
  }

  #started(message: StartedMessage): void {
    const run = this.#roster.find(message.token)
    if (run) this.#options.onStarted(run, message)
  }

  async #answer(call: number, request: Request): Promise<void> {
    let reply: Reply
    try {
      reply = { ok: true, value: await this.#options.onCall(request) }
    } catch (error) {
      reply = { ok: false, error: serializeError(error) }
    }
    this.#send({ type: 'reply', call, reply })
  }

  #exit(code: number): void {
    const { ending, cause: told } = this.#end
    processMemory.change()
    if (isForMemory(ending)) processMemory.relieve()
    const end = this.#thrown ?? told ?? `exit code ${code}`
    const hasExited = this.#thrown === undefined && told === undefined
    const cause = this.#isUp ? end : `${end}, while it executed ${this.#loading}`
    const wasHaunted = this.#roster.isHaunted(this.#cells)
    const wasUsed = this.settled > 0
    const lost = this.#roster.lose(this.#cells)
    const facts = { ending, wasHaunted, wasUsed, hasExited, cause, booted: this.#isUp }
    this.#options.onExit({ lost, ...facts })
  }
}
