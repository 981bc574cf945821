/**
 * One worker thread and the runs it was given. The main thread keeps that record: what a thread knows
 * is gone when it dies.
 */
import type { ResourceLimits } from 'node:worker_threads'
import type { AbortCode } from '../job-errors.ts'
import type { Settled } from '../protocol/outcome.ts'
import type { Run, Tenure } from '../protocol/tenure.ts'
import type {
  FromThread,
  LogLine,
  Reply,
  Request,
  SettledMessage,
  ThreadData,
  ToThread,
} from './protocol.ts'
import { serializeError } from './serialized-error.ts'
import { spawnThread, type Spawned } from './spawn.ts'

export interface ThreadOptions {
  readonly data: ThreadData
  readonly tenure: Tenure
  readonly env: Readonly<Record<string, string>>
  readonly resourceLimits: ResourceLimits
  readonly onReady: (message: FromThread & { type: 'ready' }) => void
  readonly onSettled: (items: readonly Settled[]) => void
  /** Answer a job that asks for something of the instance. */
  readonly onCall: (request: Request) => Promise<unknown>
  readonly onLog: (line: LogLine, run: Run | undefined) => void
  /** A run of it has spoilt the thread, which must be replaced; its other runs may finish. */
  readonly onTainted: () => void
  readonly onExit: (exit: ThreadExit) => void
}

export interface ThreadExit {
  /** Runs whose end was never reported. */
  readonly lost: readonly Run[]
  /** What it died of, in words. */
  readonly cause: string
  /** Whether it ever came up. */
  readonly booted: boolean
}

export class Thread {
  readonly #options: ThreadOptions
  readonly #spawned: Spawned
  readonly #runs = new Map<number, Run>()
  readonly #exited: Promise<void>
  #booted = false
  #cause: string | undefined

  constructor(options: ThreadOptions) {
    this.#options = options
    const { data, env, resourceLimits, tenure } = options
    this.#spawned = spawnThread({
      name: `oban:${data.queue}:${data.thread}`,
      data,
      env,
      resourceLimits,
      onMessage: (message) => {
        this.#receive(message)
      },
    })
    const { worker } = this.#spawned
    tenure.threads += 1
    worker.on('error', (error: unknown) => {
      const { name, message } = serializeError(error)
      this.#cause = `${name}: ${message}`
    })
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (code) => {
        tenure.threads -= 1
        this.#spawned.drain()
        this.#exit(code)
        resolve()
      })
    })
  }

  /** Runs that it has not reported the end of. */
  get load(): number {
    return this.#runs.size
  }

  get runs(): readonly Run[] {
    return [...this.#runs.values()]
  }

  post(runs: readonly Run[]): void {
    for (const run of runs) this.#runs.set(run.token, run)
    this.#send({ type: 'run', jobs: runs.map(({ token, job }) => ({ token, job })) })
  }

  /** Abort a run's signal; nothing when it is not here. */
  abort(run: Run, code: AbortCode): void {
    if (this.#runs.has(run.token)) this.#send({ type: 'abort', token: run.token, code })
  }

  renewed(): void {
    if (this.#runs.size > 0) this.#send({ type: 'renewed' })
  }

  /** End the thread, whatever it does; resolves when it is gone. */
  async terminate(cause: string): Promise<void> {
    this.#cause ??= cause
    await this.#spawned.worker.terminate()
    await this.#exited
  }

  #send(message: ToThread): void {
    this.#spawned.port.postMessage(message)
  }

  #receive(message: FromThread): void {
    switch (message.type) {
      case 'ready':
        this.#booted = true
        this.#options.onReady(message)
        break
      case 'settled':
        this.#settle(message.items)
        break
      case 'tainted':
        this.#cause = message.cause
        this.#options.onTainted()
        break
      case 'dying':
        this.#cause = message.cause
        break
      case 'call':
        void this.#answer(message.call, message.request)
        break
      case 'log':
        this.#options.onLog(message, this.#runs.get(message.token ?? -1))
        break
      default:
        message satisfies never
    }
  }

  #settle(items: readonly SettledMessage[]): void {
    const settled: Settled[] = []
    for (const { token, outcome, durationMs } of items) {
      const run = this.#runs.get(token)
      if (run === undefined) continue
      this.#runs.delete(token)
      settled.push({ run, outcome, durationMs })
    }
    this.#options.onSettled(settled)
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
    const lost = [...this.#runs.values()]
    this.#runs.clear()
    const cause = this.#cause ?? `exit code ${code}`
    this.#options.onExit({ lost, cause, booted: this.#booted })
  }
}
