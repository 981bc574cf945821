/** A node in a process of its own, to be killed, frozen and stopped by a test. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { killAtExit } from '../support/kill-at-exit.ts'
import { until } from './until.ts'

export interface NodeOptions {
  readonly node: string
  readonly url: string
  readonly queues: Readonly<Record<string, QueueSettings>>
  /** Folder for the ledger of its jobs. */
  readonly ledger: string
  /** How long its threads take to come up, in milliseconds. Default: 0 */
  readonly bootMs?: number
  /** Entries of its crontab, each due every minute. Default: none */
  readonly crons?: readonly CronEntry[]
}

export interface CronEntry {
  readonly name: string
  /** Where its jobs go. */
  readonly queue: string
}

export interface QueueSettings {
  readonly limit: number
  readonly threads?: number
  readonly execution?: 'inline' | 'threads'
  readonly idleTimeout?: { readonly seconds: number }
  readonly resourceLimits?: {
    readonly maxOldGenerationSizeMb: number
    readonly maxExternalMb: number
  }
}

/** What a node tells: its telemetry, and the steps of its life. */
export interface NodeEvent {
  readonly event: string
  readonly node: string
  readonly atMs: number
  readonly [field: string]: unknown
}

const program = fileURLToPath(new URL('./node.js', import.meta.url))

function isRest({ event, at }: NodeEvent): boolean {
  return event === 'figures' && at === 'rest'
}

export class NodeProcess {
  readonly name: string
  readonly queues: NodeOptions['queues']
  readonly crons: readonly CronEntry[]
  readonly events: NodeEvent[] = []
  readonly #child: ChildProcess
  /** When it ended, on the wall clock, and how. */
  exit: { readonly atMs: number; readonly code: number | null } | undefined
  /** Until when it was meant to work: told to stop, or killed. */
  dismissedAtMs = Infinity

  constructor({ url, node, queues, ledger, bootMs = 0, crons = [] }: NodeOptions) {
    this.name = node
    this.queues = queues
    this.crons = crons
    this.#child = fork(program, [JSON.stringify({ url, node, queues, crons })], {
      // The flags of the test's own process are not for programs of users.
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, CHAOS_LEDGER: ledger, CHAOS_BOOT_MS: String(bootMs) },
    })
    killAtExit(this.#child)
    this.#child.on('message', (line) => {
      if (typeof line === 'string') this.events.push(JSON.parse(line))
    })
    this.#child.on('exit', (code) => {
      this.exit = { atMs: Date.now(), code }
    })
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`node ${this.name} did not start`)

    return this.#child.pid
  }

  get wasKilled(): boolean {
    return this.exit !== undefined && this.exit.code !== 0
  }

  has(event: string): boolean {
    return this.events.some((told) => told.event === event)
  }

  async ready(): Promise<void> {
    await until(`${this.name} is ready`, () => this.has('ready') || this.exit !== undefined, 60_000)
    if (this.exit) throw new Error(`${this.name} ended with code ${this.exit.code}`)
  }

  /**
   * Wait until it holds what a node at rest holds, and have it tell the figures; see `figures.js`. One that
   * has ended tells none, which is for the checks to judge.
   */
  async rest(): Promise<void> {
    if (!this.#child.connected) return
    const before = this.events.filter(isRest).length
    this.#child.send('rest')
    const isTold = () => this.events.filter(isRest).length > before || this.exit !== undefined
    await until(`${this.name} is at rest`, isTold, 40_000)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Set its clock so far from that of all others. */
  stepClock(stepMs: number): void {
    // It may have been killed meanwhile.
    if (this.#child.connected) this.#child.send({ stepMs })
  }

  async kill(): Promise<void> {
    this.dismissedAtMs = Date.now()
    if (this.exit) return
    this.signal('SIGKILL')
    await until(`${this.name} is dead`, () => this.exit !== undefined, 5_000)
  }

  /** Stop in order; resolves when the process has ended by itself. */
  async stop(): Promise<void> {
    this.dismissedAtMs = Date.now()
    if (this.#child.connected) this.#child.send('stop')
    await until(`${this.name} has stopped`, () => this.exit !== undefined, 25_000)
  }

  /** Tell it to stop as those who run programs do; resolves to the code that it ended with. */
  async terminate(): Promise<number | null> {
    this.dismissedAtMs = Date.now()
    this.signal('SIGTERM')
    const exit = await until(`${this.name} ends at SIGTERM`, () => this.exit, 40_000)

    return exit.code
  }
}
