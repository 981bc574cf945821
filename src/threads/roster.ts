/** The runs that a thread was given and whose end it has not told, and what each was asked. */
import { monotonicMs } from '../clock.ts'
import type { Settled } from '../protocol/outcome.ts'
import type { Run } from '../protocol/tenure.ts'
import { TokenTable } from '../token-table.ts'
import type { LostRun } from './blame.ts'
import type { Cells } from './cells.ts'
import type { SettledMessage } from './protocol.ts'

interface Entry {
  readonly run: Run
  /** Messages are counted, so that one which never arrived can be told: with which the run came. */
  readonly post: number
  /** Monotonic milliseconds. */
  readonly postedAtMs: number
  /** The abort that asked it to end. */
  abort: number | undefined
  /** The bound on its time, once it has run longer. */
  timeoutMs: number | undefined
  /** It left an error behind that nobody caught. */
  hasTainted: boolean
}

export class Roster {
  readonly #entries = new TokenTable<Entry>()
  #posts = 0
  #aborts = 0
  #settled = 0

  get size(): number {
    return this.#entries.size
  }

  /** How many have ended. */
  get settled(): number {
    return this.#settled
  }

  get runs(): Run[] {
    return this.#entries.values().map(({ run }) => run)
  }

  /** The run with this token, if it has not ended. */
  find(token: number | undefined): Run | undefined {
    return this.#entries.get(token ?? -1)?.run
  }

  /** Note runs that travel in one message. */
  post(runs: readonly Run[], nowMs = monotonicMs()): void {
    this.#posts += 1
    const post = this.#posts
    for (const run of runs) {
      this.#entries.set(run.token, {
        run,
        post,
        postedAtMs: nowMs,
        abort: undefined,
        timeoutMs: undefined,
        hasTainted: false,
      })
    }
  }

  /** Note that a run was asked to end; gives the number of that abort. */
  abort({ token }: Run): number | undefined {
    const entry = this.#entries.get(token)
    if (entry === undefined) return undefined
    this.#aborts += 1
    entry.abort ??= this.#aborts

    return this.#aborts
  }

  /** Note that a run has had its time. */
  timeOut({ token }: Run, timeoutMs: number): void {
    const entry = this.#entries.get(token)
    if (entry) entry.timeoutMs = timeoutMs
  }

  /** Note that a run left an error behind that nobody caught; nothing when its end was told. */
  taint(token: number): void {
    const entry = this.#entries.get(token)
    if (entry) entry.hasTainted = true
  }

  /** Whether a run was asked to end and the thread has not even heard of it. */
  isUnheard({ token }: Run, cells: Cells): boolean {
    const abort = this.#entries.get(token)?.abort

    return abort !== undefined && cells.heard < abort
  }

  /** Whether the code at work was left behind by a run that has ended. */
  isHaunted(cells: Cells): boolean {
    return cells.isTaken && !this.#entries.tokens().some((token) => cells.isCurrent(token))
  }

  /** Whether the thread has taken in none of what it was given. */
  isUnreceived(cells: Cells): boolean {
    return this.#entries.values().every(({ post }) => post > cells.received)
  }

  /** Whether every run was asked to end. */
  get isDoomed(): boolean {
    return this.#entries.values().every(({ abort }) => abort !== undefined)
  }

  /** Take out what ended. What is not known here had been given up. */
  settle(items: readonly SettledMessage[]): Settled[] {
    const settled: Settled[] = []
    for (const { token, outcome, durationMs, isFollowed } of items) {
      const run = this.find(token)
      if (run === undefined) continue
      this.#entries.delete(token)
      settled.push({ run, outcome, durationMs, isFollowed })
    }
    this.#settled += settled.length

    return settled
  }

  /** Take out everything: the thread is gone. */
  lose(cells: Cells, nowMs = monotonicMs()): LostRun[] {
    const lost = this.#entries.values().map((entry) => ({
      run: entry.run,
      durationMs: nowMs - entry.postedAtMs,
      wasReceived: entry.post <= cells.received,
      wasCurrent: cells.isCurrent(entry.run.token),
      wasAborted: entry.abort !== undefined,
      timeoutMs: entry.timeoutMs,
      hasTainted: entry.hasTainted,
    }))
    this.#entries.clear()

    return lost
  }
}
