/** The part of the facade that finds and changes jobs, whatever runs here. */
import type { ManagedJobs } from './engine/managed-jobs.ts'
import type { JobUpdate } from './job/changes.ts'
import { clientOf } from './job/call-options.ts'
import { type Counting, type CountOptions, type JobCount, parseCounting } from './job/counting.ts'
import type { ClientOption, Enqueuer } from './job/enqueuer.ts'
import { type ManyJobs, parseSelection } from './job/filter.ts'
import { checkedId } from './job/id.ts'
import { type JobPage, type ListOptions, parseListing } from './job/listing.ts'
import type { QueryClient } from './job/query-client.ts'
import type { WaitOptions } from './job/waiting.ts'
import type { Job } from './job.ts'
import { QueueControl } from './queue-control.ts'

/** What may be done to stored jobs. */
export type JobActs = Pick<ManagedJobs, 'cancel' | 'delete' | 'list' | 'retry'>

export abstract class JobControl extends QueueControl {
  /** What a job's thread has of an instance too. */
  protected abstract readonly insertion: Enqueuer

  /**
   * The jobs as seen through a client, or through the database, which is opened for it.
   *
   * @throws {ConfigError | StoppedError} when there is none
   */
  protected abstract managed(client: QueryClient | undefined): Promise<JobActs>

  /** The same for counting, without a client. */
  protected abstract count(counting: Counting): Promise<JobCount[]>

  /**
   * The job with this id, as stored; undefined when there is none.
   *
   * @throws {InvalidIdError} when the id is not a whole number from 1
   * @throws {ConfigError} when there is neither `client` nor `database`
   * @throws {StoppedError} after `stop()`, without a `client`
   */
  async getJob<Input, RecordedValue>(
    id: number,
    options?: ClientOption,
  ): Promise<Job<Input, RecordedValue> | undefined> {
    return this.insertion.getJob(id, options)
  }

  /**
   * A page of the jobs that a filter selects, the newest first. The next page begins where this one has
   * ended, whatever was inserted or deleted meanwhile. One query.
   *
   * Conditions on ids, or on state and queue, find their jobs by an index. Others look through the table
   * until the page is full; `args` and `meta` have indexes after `oban install --search-indexes`.
   *
   * @example
   * ```ts
   * const { jobs, next } = await oban.listJobs({ state: 'discarded', queue: 'media', limit: 100 })
   * const more = await oban.listJobs({ state: 'discarded', queue: 'media', limit: 100, after: next })
   * ```
   *
   * @throws {InvalidFilterError} when a condition, the limit or the cursor cannot be used
   * @throws {ConfigError} when there is neither `client` nor `database`
   * @throws {StoppedError} after `stop()`, without a `client`
   */
  async listJobs(options: ClientOption & ListOptions = {}): Promise<JobPage> {
    const listing = parseListing(options)
    const { client } = options

    return (await this.managed(client)).list(listing)
  }

  /**
   * How many jobs there are in the database, by queue and state; those with none are left out. One query,
   * which reads an index for at most `upTo` jobs of each state.
   *
   * @example
   * ```ts
   * await oban.countJobs({ states: ['available'] }) // => [{ queue: 'media', state: 'available', count: 3 }]
   * ```
   *
   * @param options.states - Default: those that wait or run
   * @param options.upTo - jobs of a state at which its counting ends: then there are more. Default: 100_000
   * @throws {ConfigError} when an option cannot be used, or there is no `database`
   * @throws {StoppedError} after `stop()`
   */
  async countJobs(options: CountOptions = {}): Promise<JobCount[]> {
    return this.count(parseCounting(options))
  }

  /**
   * Make a job run again, whatever it ended as, with at least one attempt left. One that was cancelled
   * while it ran waits until 25 seconds after that, when its run must have heard of it.
   *
   * @returns whether it changed anything: not when the job is available, executing or unknown
   * @throws {InvalidIdError} when the id is not a whole number from 1
   * @throws {ConfigError} when there is neither `client` nor `database`
   * @throws {StoppedError} after `stop()`, without a `client`
   * @see https://hexdocs.pm/oban/Oban.html#retry_job/2
   */
  async retryJob(id: number, options?: ClientOption): Promise<boolean> {
    const client = clientOf(options)
    checkedId(id)

    return (await (await this.managed(client)).retry({ ids: [id] })) > 0
  }

  /**
   * Do the same for many: those with the ids, or all that a filter selects. They are changed in the order
   * of their ids, 5,000 in a statement that commits by itself unless there is a `client`; jobs that are
   * inserted meanwhile are left alone.
   *
   * @example
   * ```ts
   * await oban.retryManyJobs({ state: 'discarded', worker: 'Media.Resize' }) // => 12
   * ```
   *
   * @returns how many it changed
   * @throws {InvalidFilterError} when a condition cannot be used; an empty filter needs `{ all: true }`
   * @throws {ConfigError} when there is neither `client` nor `database`
   * @throws {StoppedError} after `stop()`, without a `client`
   * @see https://hexdocs.pm/oban/Oban.html#retry_all_jobs/2
   */
  async retryManyJobs(selection: ManyJobs, options?: ClientOption): Promise<number> {
    const client = clientOf(options)
    const filter = parseSelection(selection)

    return filter ? (await this.managed(client)).retry(filter) : 0
  }

  /**
   * Cancel a job. One that is executing has its signal aborted, on whatever node.
   *
   * @returns whether it changed anything: not when the job has ended or is unknown
   * @throws {InvalidIdError} when the id is not a whole number from 1
   * @throws {ConfigError} when there is neither `client` nor `database`
   * @throws {StoppedError} after `stop()`, without a `client`
   * @see https://hexdocs.pm/oban/Oban.html#cancel_job/2
   */
  async cancelJob(id: number, options?: ClientOption): Promise<boolean> {
    return this.insertion.cancelJob(id, options)
  }

  /**
   * Cancel many jobs, as `retryManyJobs` retries them.
   *
   * @returns how many it changed
   * @throws {InvalidFilterError} when a condition cannot be used; an empty filter needs `{ all: true }`
   * @throws {ConfigError} when there is neither `client` nor `database`
   * @throws {StoppedError} after `stop()`, without a `client`
   * @see https://hexdocs.pm/oban/Oban.html#cancel_all_jobs/2
   */
  async cancelManyJobs(selection: ManyJobs, options?: ClientOption): Promise<number> {
    const client = clientOf(options)
    const filter = parseSelection(selection)

    return filter ? (await this.managed(client)).cancel(filter) : 0
  }

  /**
   * Delete a job that is not executing.
   *
   * @returns whether it changed anything: not when the job is executing or unknown
   * @throws {InvalidIdError} when the id is not a whole number from 1
   * @throws {ConfigError} when there is neither `client` nor `database`
   * @throws {StoppedError} after `stop()`, without a `client`
   * @see https://hexdocs.pm/oban/Oban.html#delete_job/2
   */
  async deleteJob(id: number, options?: ClientOption): Promise<boolean> {
    const client = clientOf(options)
    checkedId(id)

    return (await (await this.managed(client)).delete({ ids: [id] })) > 0
  }

  /**
   * Delete many jobs, as `retryManyJobs` retries them; those that execute stay.
   *
   * @returns how many it deleted
   * @throws {InvalidFilterError} when a condition cannot be used; an empty filter needs `{ all: true }`
   * @throws {ConfigError} when there is neither `client` nor `database`
   * @throws {StoppedError} after `stop()`, without a `client`
   * @see https://hexdocs.pm/oban/Oban.html#delete_all_jobs/2
   */
  async deleteManyJobs(selection: ManyJobs, options?: ClientOption): Promise<number> {
    const client = clientOf(options)
    const filter = parseSelection(selection)

    return filter ? (await this.managed(client)).delete(filter) : 0
  }

  /**
   * Wait until a job has ended: completed, cancelled or discarded, on whatever node and in whatever
   * language it runs. Works without `start()`. All who wait in a process share a listener, which is opened
   * for them, and a query for each second; nodes of oban-ts tell of the end at once.
   *
   * The transaction that inserts the job must have committed before.
   *
   * @example
   * ```ts
   * const { state } = await oban.waitForJob(42, { timeout: { seconds: 30 } })
   * ```
   *
   * @returns the job as it ended; see its `state`
   * @throws {WaitTimeoutError} when it takes longer; the job goes on
   * @throws {JobNotFoundError} when there is no such job, or it is deleted meanwhile
   * @throws the reason of `signal`, when that aborts
   * @throws {InvalidIdError} when the id is not a whole number from 1
   * @throws {ConfigError} when an option is unknown or no duration, or there is no `database`
   * @throws {InThreadError} inside a job's thread
   * @throws {StoppedError} after `stop()`, also when it is called meanwhile
   */
  async waitForJob<Input, RecordedValue>(
    id: number,
    options?: WaitOptions,
  ): Promise<Job<Input, RecordedValue>> {
    return this.insertion.waitForJob(id, options)
  }

  /**
   * Change a stored job. What is given is checked as for an insert, and replaces what was there; `meta`
   * and `args` as a whole. A function gets the job and gives the changes; it runs again when somebody
   * else has changed the job meanwhile.
   *
   * A schedule makes a waiting job `scheduled`; other states stay what they are. While a job executes, its
   * queue, worker and schedule cannot change, and the rest is for its next attempt.
   *
   * @example
   * ```ts
   * await oban.updateJob(42, { priority: 0, scheduleIn: { minutes: 5 } })
   * await oban.updateJob(42, ({ meta }) => ({ meta: { ...meta, seen: true } }))
   * ```
   *
   * @returns the job as it is then
   * @throws {JobNotFoundError} when there is no such job
   * @throws {JobLockedError} when others hold its row, or change it again and again
   * @throws {JobStateError} when its state gives no sense to a change
   * @throws {InvalidJobError} when a value cannot be stored
   * @throws {InvalidArgsError} when arguments do not match the worker's schema
   * @throws {InvalidIdError} when the id is not a whole number from 1
   * @throws {ConfigError} when there is neither `client` nor `database`
   * @throws {StoppedError} after `stop()`, without a `client`
   * @see https://hexdocs.pm/oban/Oban.html#update_job/3
   */
  async updateJob(id: number, update: JobUpdate, options?: ClientOption): Promise<Job> {
    return this.insertion.updateJob(id, update, options)
  }
}
