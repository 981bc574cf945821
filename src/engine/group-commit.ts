/**
 * Jobs of calls of their own that share a transaction: parsing, planning and committing cost a statement many
 * times what a row costs it. A call that finds few statements under way is sent at once; others gather, and
 * go together when one of those comes back, so nobody waits for company.
 *
 * One job hurts no other. What PostgreSQL refuses has stored nothing, and each job of it is sent again by
 * itself, which also ends the wait of a group for a lock that only one of its jobs is after.
 */
import type { Clock } from '../clock.ts'
import { Batch } from '../job/batch.ts'
import type { NewJob } from '../job/new-job.ts'
import type { JobRow } from '../job.ts'
import { isRefusal } from './refusal.ts'

/**
 * Statements under way before calls gather: one is being committed while the next is on its way. With more,
 * groups become smaller and the server does more for the same jobs.
 */
export const AT_ONCE = 2

/**
 * How long a call waits for those before it, and a group for locks, in milliseconds: longer than nearly any
 * commit takes, and too short to be noticed where something holds statements up.
 */
export const PATIENCE_MS = 50

export interface GroupCommitInput {
  readonly clock: Clock
  /** Stores a job by itself. */
  readonly insertOne: (job: NewJob) => Promise<readonly JobRow[]>
  /**
   * Stores jobs in one transaction, their rows in the order of the jobs; is refused when that takes a wait
   * for locks of more than `PATIENCE_MS`, or would leave one of them out.
   */
  readonly insertGroup: (jobs: readonly NewJob[]) => Promise<readonly JobRow[]>
}

interface Call {
  readonly job: NewJob
  readonly resolve: (rows: readonly JobRow[]) => void
  readonly reject: (error: unknown) => void
}

interface Group {
  readonly batch: Batch
  readonly calls: Call[]
}

export class GroupCommit {
  readonly #input: GroupCommitInput
  /** Those under way for which calls gather; not those that are late. */
  readonly #awaited = new Set<Promise<void>>()
  /** Only while `AT_ONCE` statements are awaited. */
  readonly #gathered: Group[] = []
  #cancelLook: (() => void) | undefined

  constructor(input: GroupCommitInput) {
    this.#input = input
  }

  /** Store a job; resolves to its row once it is committed. */
  insert(job: NewJob): Promise<readonly JobRow[]> {
    return new Promise((resolve, reject) => {
      const call = { job, resolve, reject }
      if (this.#awaited.size < AT_ONCE) this.#send([call])
      else this.#gather(call)
    })
  }

  #gather(call: Call): void {
    let last = this.#gathered.at(-1)
    if (last === undefined || last.batch.isFull) {
      last = { batch: new Batch(), calls: [] }
      this.#gathered.push(last)
    }
    last.batch.add(call.job)
    last.calls.push(call)
    this.#watch()
  }

  /** One timer for all. It ends only when no statement was sent since: those under way are all late then. */
  #watch(): void {
    const look = () => {
      this.#cancelLook = undefined
      this.#awaited.clear()
      this.#sendGathered()
    }
    this.#cancelLook ??= this.#input.clock.after(PATIENCE_MS, look, { keepAlive: true })
  }

  #sendGathered(): void {
    while (this.#awaited.size < AT_ONCE) {
      const group = this.#gathered.shift()
      if (group === undefined) return
      this.#send(group.calls)
    }
    if (this.#gathered.length > 0) this.#watch()
  }

  #send(calls: readonly Call[]): void {
    this.#cancelLook?.()
    this.#cancelLook = undefined
    const statement = this.#settle(calls).finally(() => {
      this.#awaited.delete(statement)
      this.#sendGathered()
    })
    this.#awaited.add(statement)
  }

  async #settle(calls: readonly Call[]): Promise<void> {
    try {
      const rows = await this.#store(calls.map(({ job }) => job))
      for (const [place, { resolve }] of calls.entries()) resolve(rows.slice(place, place + 1))
    } catch (error) {
      // After anything but a refusal the jobs may be stored: sent again they might be there twice.
      const isShared = calls.length > 1 && isRefusal(error)
      for (const call of calls) {
        if (isShared) this.#send([call])
        else call.reject(error)
      }
    }
  }

  #store(jobs: readonly NewJob[]): Promise<readonly JobRow[]> {
    const [first, ...others] = jobs

    return first && others.length === 0
      ? this.#input.insertOne(first)
      : this.#input.insertGroup(jobs)
  }
}
