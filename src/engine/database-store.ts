/** Jobs in the database, through the pool of whoever enqueues and manages them. */
import type { Pool } from 'pg'
import type { Channel } from '../channels.ts'
import type { Clock } from '../clock.ts'
import type { CheckedChanges } from '../job/changes.ts'
import type { Counting, JobCount } from '../job/counting.ts'
import type { Store } from '../job/insertion.ts'
import type { VersionedRow } from '../job/update.ts'
import { type JobRow, jobStates } from '../job.ts'
import type { NewJob } from '../job/new-job.ts'
import type { QueryClient } from '../job/query-client.ts'
import { countStates } from './counts.ts'
import { enqueueTogether } from './enqueue.ts'
import { GroupCommit, PATIENCE_MS } from './group-commit.ts'
import { insertJobs } from './insert.ts'
import { ManagedJobs } from './managed-jobs.ts'
import type { Outlet } from './outlet.ts'
import { preparing } from './preparing.ts'
import type { Db } from './query.ts'
import { insistent } from './sacrifice.ts'

export interface StoreOptions {
  readonly pool: Pool
  /** Whether the pool is ours, so that statements may stay prepared on its connections. Default: false */
  readonly isOwn?: boolean
  readonly prefix: string
  readonly clock: Clock
  readonly outlet: Outlet
  /** Jobs were committed that may run at once, in these queues. */
  readonly onAvailable: (queues: ReadonlySet<string>) => void
}

/** The queues in which a node may find something to do. */
function availableQueues(rows: readonly JobRow[]): Set<string> {
  return new Set(rows.filter(({ state }) => state === 'available').map(({ queue }) => queue))
}

export class DatabaseStore implements Store {
  readonly jobs: ManagedJobs
  readonly #db: Db
  readonly #group: GroupCommit
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #pool: Pool
  /** Sends inserts that need no transaction around them. */
  readonly #plain: QueryClient
  readonly #prefix: string
  readonly #outlet: Outlet
  readonly #onAvailable: (queues: ReadonlySet<string>) => void

  constructor({ pool, isOwn = false, prefix, clock, outlet, onAvailable }: StoreOptions) {
    this.#pool = pool
    this.#plain = isOwn ? preparing(pool) : pool
    this.#prefix = prefix
    this.#outlet = outlet
    this.#onAvailable = onAvailable
    this.jobs = new ManagedJobs({
      client: insistent(pool),
      prefix,
      channels: { insert: null, signal: outlet.riding('signal') },
      onAvailable,
      onExecuting: (ids) => {
        outlet.echo(
          'signal',
          ids.map((id) => ({ action: 'pkill', job_id: id })),
        )
      },
    })
    this.#group = new GroupCommit({
      clock,
      insertOne: (job) => enqueueTogether(pool, prefix, [job], this.#plain),
      insertGroup: (group) => insertJobs(this.#plain, prefix, group, null, PATIENCE_MS),
    })
    // The pool may be the user's, with a pooler behind it.
    this.#db = { client: pool, prefix, named: false }
  }

  insert(jobs: readonly NewJob[]): Promise<readonly JobRow[]> {
    return this.#follow(this.#insert(jobs))
  }

  async #insert(jobs: readonly NewJob[]): Promise<readonly JobRow[]> {
    const [first, ...others] = jobs
    const isPlainOne = first !== undefined && others.length === 0 && first.unique === undefined
    const rows = isPlainOne
      ? await this.#group.insert(first)
      : await enqueueTogether(this.#pool, this.#prefix, jobs, this.#plain)
    this.#onAvailable(availableQueues(rows))

    return rows
  }

  /** Resolves when no call is under way. Never rejects. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
  }

  find(id: number): Promise<VersionedRow | undefined> {
    return this.#follow(this.jobs.find(id))
  }

  /** Cancel; false when the job has ended or does not exist. */
  async cancel(id: number): Promise<boolean> {
    return (await this.#follow(this.jobs.cancel({ ids: [id] }))) > 0
  }

  change(
    row: Pick<VersionedRow, 'id' | 'version'>,
    changes: CheckedChanges,
  ): Promise<JobRow | undefined> {
    return this.#follow(this.jobs.change(row, changes))
  }

  /** One query, bounded in what it reads. */
  async count({ states, upTo }: Counting): Promise<JobCount[]> {
    const others = jobStates.filter((state) => !states.includes(state))
    const rows = await countStates(this.#db, upTo, others)

    return rows.map(({ queue, state, jobs }) => ({ queue, state, count: Number(jobs) }))
  }

  /** Tell the other nodes that queues have available jobs. */
  async announce(queues: readonly string[]): Promise<void> {
    const payloads = queues.map((queue) => JSON.stringify({ queue }))
    await this.publish('insert', payloads)
  }

  /** Send payloads to everybody who listens. */
  publish(channel: Channel, payloads: readonly string[]): Promise<void> {
    return this.#outlet.send(this.#db, channel, payloads)
  }

  /** A pool that ends fails, or never answers, what waits for one of its connections. */
  #follow<Value>(call: Promise<Value>): Promise<Value> {
    this.#underWay.add(call)
    const forget = () => {
      this.#underWay.delete(call)
    }
    call.then(forget, forget)

    return call
  }
}
