/** A node of a load, in a process of its own. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { killAtExit } from '../support/kill-at-exit.ts'

export interface LoadNodeOptions {
  readonly node: string
  readonly url: string
  readonly queues: Readonly<Record<string, { readonly limit: number; readonly threads: number }>>
  /** Folder for what its jobs write. */
  readonly ledger: string
  /** Time between two looks at its memory, in milliseconds. */
  readonly sampleMs: number
}

/** What a node counted, from its telemetry. */
export interface Counts {
  readonly success: number
  readonly failure: number
  readonly snoozed: number
  /** Results that the database did not take from it. */
  readonly lost: number
  readonly rescued: number
  /** Threads that crashed. */
  readonly exits: number
}

export interface Sample {
  readonly event: 'ready' | 'sample' | 'stopped'
  readonly atMs: number
  /** Of the main thread, right after a collection; threads have heaps of their own. */
  readonly heapMb: number
  /** Of the process with all its threads. */
  readonly rssMb: number
  readonly counts: Counts
  /** Queries that failed and what supervisors reported, the first hundred. */
  readonly problems: readonly string[]
}

const program = fileURLToPath(new URL('./node.js', import.meta.url))

/** How long a node may take to stop, in milliseconds. */
const STOP_MS = 40_000

function isSample(message: unknown): message is Sample {
  return typeof message === 'object' && message !== null && 'counts' in message
}

export class LoadNode {
  readonly name: string
  readonly samples: Sample[] = []
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>

  constructor({ ledger, ...options }: LoadNodeOptions) {
    this.name = options.node
    this.#child = fork(program, [JSON.stringify(options)], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, LOAD_LEDGER: ledger },
    })
    killAtExit(this.#child)
    this.#child.on('message', (message) => {
      if (isSample(message)) this.samples.push(message)
    })
    this.#ended = new Promise((resolve) => {
      this.#child.on('exit', resolve)
    })
  }

  get last(): Sample | undefined {
    return this.samples.at(-1)
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** @throws {Error} when it ends before it is up */
  async ready(): Promise<void> {
    await Promise.race([once(this.#child, 'message'), this.#ended])
    if (this.last === undefined) throw new Error(`${this.name} ended before it was up`)
  }

  /** Stop in order; resolves to the exit code, null when it had to be killed. */
  async stop(): Promise<number | null> {
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    if (this.#child.connected) this.#child.send('stop')
    const code = await this.#ended
    clearTimeout(killing)

    return code
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
