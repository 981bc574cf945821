/** The part of the facade that finds and changes jobs, whatever runs here. */
import type { ClientOption, Enqueuer } from './job/enqueuer.ts'
import { checkedId } from './job/id.ts'
import type { Job } from './job.ts'
import { QueueControl } from './queue-control.ts'

/** The jobs in the database of an instance. */
export interface ManagedJobs {
  /** Whether it changed anything. */
  retry(id: number): Promise<boolean>
  /** Whether it changed anything. */
  delete(id: number): Promise<boolean>
}

export abstract class JobControl extends QueueControl {
  /** What a job's thread has of an instance too. */
  protected abstract readonly insertion: Enqueuer

  /**
   * Opens the database.
   *
   * @throws {ConfigError | StoppedError} when there is none
   */
  protected abstract managed(): Promise<ManagedJobs>

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
   * Make a job run again, whatever it ended as, with at least one attempt left.
   *
   * @returns whether it changed anything: not when the job is available, executing or unknown
   * @throws {InvalidIdError} when the id is not a whole number from 1
   * @throws {ConfigError} when there is no `database`
   * @throws {StoppedError} after `stop()`
   * @see https://hexdocs.pm/oban/Oban.html#retry_job/2
   */
  async retryJob(id: number): Promise<boolean> {
    return (await this.managed()).retry(checkedId(id))
  }

  /**
   * Cancel a job. One that is executing has its signal aborted, on whatever node.
   *
   * @returns whether it changed anything: not when the job has ended or is unknown
   * @throws {InvalidIdError} when the id is not a whole number from 1
   * @throws {ConfigError} when there is no `database`
   * @throws {StoppedError} after `stop()`
   * @see https://hexdocs.pm/oban/Oban.html#cancel_job/2
   */
  async cancelJob(id: number): Promise<boolean> {
    return this.insertion.cancelJob(id)
  }

  /**
   * Delete a job that is not executing.
   *
   * @returns whether it changed anything: not when the job is executing or unknown
   * @throws {InvalidIdError} when the id is not a whole number from 1
   * @throws {ConfigError} when there is no `database`
   * @throws {StoppedError} after `stop()`
   * @see https://hexdocs.pm/oban/Oban.html#delete_job/2
   */
  async deleteJob(id: number): Promise<boolean> {
    return (await this.managed()).delete(checkedId(id))
  }
}
