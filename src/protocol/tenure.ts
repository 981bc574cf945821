/**
 * A tenure: one incarnation of a producer, under one uuid, and every job that was claimed under it.
 *
 * It is the truth about what this node holds, and outlives the actors that work with it: a producer
 * may crash while its threads still run, and an acknowledgement may be on its way after both are gone.
 */
import { monotonicMs } from '../clock.ts'
import type { JobRow } from '../job.ts'

/** A claimed row, as text. `attempted_at` names the claim, to the microsecond. */
export interface ClaimedRow extends JobRow {
  readonly attempted_at: string
}

/** One claim of one job. The token tells it from other claims of the same job. */
export interface Run {
  readonly token: number
  readonly tenure: Tenure
  readonly job: ClaimedRow
  /** `settled`: it ended, and its acknowledgement is on its way. */
  phase: 'running' | 'settled'
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
  readonly runs = new Map<number, Run>()
  /** How many of them have not ended. */
  load = 0
  /** Claims whose answer is awaited; and how many were ever sent, to notice one that came between. */
  openFetches = 0
  fetches = 0
  /** Threads that may still run something of it. */
  threads = 0
  /** The producer waits for acknowledgements to land before it claims more. */
  starved = false
  /**
   * `new`: its row is not known to be written. `retired`: another tenure has taken the queue, or the
   * queue has stopped.
   */
  phase: 'held' | 'new' | 'retired' = 'new'
  /** Another node declared it dead, or its row was deleted: nothing of it belongs to us. */
  isLost = false
  readonly #leftOut = new Map<string, number>()

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

  /** The runs that have not ended. */
  running(): Run[] {
    return [...this.runs.values()].filter(({ phase }) => phase === 'running')
  }

  /** The jobs that ended and wait for their acknowledgement. */
  get unacknowledged(): number {
    return this.runs.size - this.load
  }

  claim(job: ClaimedRow): Run {
    lastToken += 1
    const run: Run = { token: lastToken, tenure: this, job, phase: 'running' }
    this.runs.set(run.token, run)
    this.load += 1

    return run
  }

  /** Note that a run ended; false when it had ended before. */
  settle(run: Run): boolean {
    if (run.phase === 'settled') return false
    run.phase = 'settled'
    this.load -= 1

    return true
  }

  /** Forget a run: its acknowledgement landed, or the job belongs to somebody else. */
  release(run: Run): void {
    this.settle(run)
    this.runs.delete(run.token)
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

  /** Let jobs start until `TRUST_MS` after `sentAtMs`. */
  trust(sentAtMs: number): void {
    Atomics.store(this.lease, 0, BigInt(Math.trunc(sentAtMs)))
  }
}

/** Whether a job may start under a lease now. */
export function isTrusted(lease: BigInt64Array, nowMs = monotonicMs()): boolean {
  return nowMs - Number(Atomics.load(lease, 0)) < TRUST_MS
}
