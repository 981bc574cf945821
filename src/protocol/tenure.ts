/**
 * A tenure: one incarnation of a producer, under one uuid, and every job that was claimed under it.
 *
 * It is the truth about what this node holds, and outlives the actors that work with it: a producer
 * may crash while its threads still run, and an acknowledgement may be on its way after both are gone.
 */
import { monotonicMs } from '../clock.ts'
import { TokenTable } from '../token-table.ts'
import { Backlog } from './backlog.ts'
import type { ClaimedRow } from './claimed-row.ts'

/** One claim of one job. The token tells it from other claims of the same job. */
export interface Run {
  readonly token: number
  readonly tenure: Tenure
  readonly job: ClaimedRow
  /**
   * `unstarted`: claimed ahead, it waits for room. `settled`: it ended, and its acknowledgement is on
   * its way.
   */
  phase: 'running' | 'settled' | 'unstarted'
  /** Its body has begun to complete the job in a transaction of its own, which may commit or not. */
  completesItself: boolean
  /** Somebody asked to cancel its job, and may have left it to this node to store that, as oban-py does. */
  isCancelled: boolean
}

/** How long a heartbeat's answer lets jobs start, in milliseconds from the moment it was sent. */
const TRUST_MS = 10_000

let lastToken = 0

export class Tenure {
  readonly uuid: string
  readonly queue: string
  /** Shared with threads: monotonic milliseconds at which the last trusted heartbeat was sent. */
  readonly lease = new BigInt64Array(new SharedArrayBuffer(8))
  /** Every claim that is neither acknowledged nor dropped. */
  readonly runs = new TokenTable<Run>()
  /** Those of them that wait for room. */
  readonly backlog = new Backlog<Run>()
  /** How many of them have started, and not ended. */
  load = 0
  /** Attempts to write its row that are under way: until they are over, nobody knows if it stands. */
  registrations = 0
  /** Claims that were ever sent, to notice one that came between. */
  fetches = 0
  /** Attempts that ended under it, by how. */
  readonly ended = { completed: 0, failed: 0 }
  /** The greatest number of jobs that ended and whose end the database does not know yet. */
  mostUnacknowledged = 200
  /**
   * `new`: its row is not known to be written. `retired`: another tenure has taken the queue, or the
   * queue has stopped.
   */
  phase: 'held' | 'new' | 'retired' = 'new'
  /** Another node declared it dead, or its row was deleted: nothing of it belongs to us. */
  isLost = false
  /** Since when the queue lets its jobs finish to stop. */
  drainingSince: Date | null = null
  readonly #leftOut = new Map<string, number>()
  readonly #forewarned = new Set<string>()
  #openFetches = 0
  #storedWatchers: (() => void)[] = []
  #threads = 0
  #threadlessWatchers: (() => void)[] = []

  readonly startedAt: Date

  constructor(uuid: string, queue: string, startedAt: Date) {
    this.uuid = uuid
    this.queue = queue
    this.startedAt = startedAt
  }

  /** Nothing of it is left here: its row can go once the database agrees. */
  get isSpent(): boolean {
    return (
      this.phase === 'retired' &&
      this.runs.size === 0 &&
      this.threads === 0 &&
      this.openFetches === 0
    )
  }

  /** Threads that may still run something of it. */
  get threads(): number {
    return this.#threads
  }

  threadStarted(): void {
    this.#threads += 1
  }

  threadEnded(): void {
    this.#threads -= 1
    if (this.#threads > 0) return
    const watchers = this.#threadlessWatchers
    this.#threadlessWatchers = []
    for (const gone of watchers) gone()
  }

  /** Call once when no thread is left. */
  whenThreadless(gone: () => void): void {
    if (this.#threads === 0) gone()
    else this.#threadlessWatchers.push(gone)
  }

  /** The runs that have started, and not ended. */
  running(): Run[] {
    return this.runs.values().filter(({ phase }) => phase === 'running')
  }

  /** The jobs that ended and wait for their acknowledgement. */
  get unacknowledged(): number {
    return this.runs.size - this.load - this.backlog.size
  }

  /** So many wait for their acknowledgement that no more is to be claimed. */
  get starved(): boolean {
    return this.unacknowledged >= this.mostUnacknowledged
  }

  /** A claim is sent. */
  fetchSent(): void {
    // What was heard before it is in what it reads.
    if (this.#openFetches === 0) this.#forewarned.clear()
    this.#openFetches += 1
    this.fetches += 1
  }

  /** A claim is answered, or has failed: exactly once for each that was sent, whoever waits for it. */
  fetchEnded(): void {
    this.#openFetches -= 1
  }

  /** Claims whose answer is awaited. */
  get openFetches(): number {
    return this.#openFetches
  }

  /** Somebody has cancelled a job that is not held here: the claim that is open may have taken it. */
  forewarn(id: string): void {
    if (this.openFetches > 0) this.#forewarned.add(id)
  }

  /** Take in a claim that starts at once. */
  claim(job: ClaimedRow): Run {
    this.load += 1

    return this.#hold(job, 'running')
  }

  /** Take in claims that wait for room. */
  queueUp(rows: readonly ClaimedRow[]): void {
    this.backlog.add(rows.map((job) => this.#hold(job, 'unstarted')))
  }

  /** The next of those that wait are to start. */
  begin(count: number): Run[] {
    const runs = this.backlog.next(count)
    for (const run of runs) run.phase = 'running'
    this.load += runs.length

    return runs
  }

  /** Note that a run ended; false when it had ended before. */
  settle(run: Run): boolean {
    if (run.phase === 'settled') return false
    if (run.phase === 'running') this.load -= 1
    else this.backlog.remove(run)
    run.phase = 'settled'

    return true
  }

  /** Forget a run: its acknowledgement landed, or the job belongs to somebody else. */
  release(run: Run): void {
    this.settle(run)
    this.runs.delete(run.token)
    if (this.unacknowledged > 0) return
    const watchers = this.#storedWatchers
    this.#storedWatchers = []
    for (const stored of watchers) stored()
  }

  /** Call once when no acknowledgement is awaited. */
  whenStored(stored: () => void): void {
    if (this.unacknowledged === 0) stored()
    else this.#storedWatchers.push(stored)
  }

  /**
   * Begin nothing under it any more. Claims that have not started are forgotten: the comparison finds
   * their rows held by nobody, and gives them back.
   */
  retire(): void {
    this.phase = 'retired'
    this.forgetUnstarted()
  }

  forgetUnstarted(): void {
    for (const run of this.backlog.last(this.backlog.size)) this.release(run)
  }

  #hold(job: ClaimedRow, phase: Run['phase']): Run {
    lastToken += 1
    const run: Run = {
      token: lastToken,
      tenure: this,
      job,
      phase,
      completesItself: false,
      // Noted now: it may wait for room until after the next claim, which forgets what was heard.
      isCancelled: this.#forewarned.has(job.id),
    }
    this.runs.set(run.token, run)

    return run
  }

  /** Pass over a worker's jobs until `untilMs`, on the monotonic clock; true when it was not before. */
  leaveOut(worker: string, untilMs: number): boolean {
    const isNew = !this.#leftOut.has(worker)
    this.#leftOut.set(worker, untilMs)

    return isNew
  }

  /** The workers to pass over now. */
  leftOut(nowMs: number): string[] {
    for (const [worker, untilMs] of this.#leftOut) {
      if (untilMs <= nowMs) this.#leftOut.delete(worker)
    }

    return [...this.#leftOut.keys()]
  }

  /** When the last heartbeat was sent that found its row, on the monotonic clock; 0 for none. */
  get beatAtMs(): number {
    return Number(Atomics.load(this.lease, 0))
  }

  /** Let jobs start until `TRUST_MS` after `sentAtMs`. */
  trust(sentAtMs: number): void {
    Atomics.store(this.lease, 0, BigInt(Math.trunc(sentAtMs)))
  }
}

/** Whether a job may start under a lease now. */
export function isTrusted(lease: BigInt64Array, nowMs = monotonicMs()): boolean {
  return nowMs - Number(Atomics.load(lease, 0)) < TRUST_MS
}
