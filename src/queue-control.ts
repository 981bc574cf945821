/** The part of the facade that looks at queues and turns them while they run. */
import type { DrainOptions } from './config/drain.ts'
import type { QueueOptions, QueueScale } from './config/options.ts'
import type { Drained, DrainInput } from './drain.ts'
import type { QueueState } from './queue-state.ts'
import type { RunningQueues } from './running-queues.ts'

export abstract class QueueControl {
  /** @throws {NotRunningError} when the instance is not started, or has stopped */
  protected abstract running(): RunningQueues

  /** @throws {NotRunningError | StoppedError} when there is nothing to change any more */
  protected abstract controllable(): RunningQueues

  /** @throws {StoppedError | InThreadError} when nothing can run here */
  protected abstract drainable(): Promise<DrainInput>

  /**
   * Report what a queue is doing on this node: its limit, whether it is paused, the ids of the jobs it
   * is executing, and its threads.
   *
   * @example
   * ```ts
   * oban.checkQueue('media') // => { limit: 10, paused: false, running: [42], … }
   * ```
   *
   * @returns the state, or undefined when the queue does not run on this node
   * @throws {NotRunningError} when the instance is not started
   * @see https://hexdocs.pm/oban/Oban.html#check_queue/2
   */
  checkQueue(queue: string): QueueState | undefined {
    return this.running().checkQueue(queue)
  }

  /**
   * Report all queues of this node.
   *
   * @throws {NotRunningError} when the instance is not started
   * @see https://hexdocs.pm/oban/Oban.html#check_all_queues/1
   */
  checkAllQueues(): QueueState[] {
    return this.running().checkAllQueues()
  }

  /**
   * Change how many jobs a queue of this node runs at once, and on how many threads. Resolves when no
   * job starts but by the new numbers. What runs is never ended by it: after a smaller limit nothing
   * starts until enough has ended, and a thread too many goes once it is empty.
   *
   * A limit alone may fall below the number of threads; the idle ones stay.
   *
   * @example
   * ```ts
   * await oban.scaleQueue('media', { limit: 5, threads: 2 })
   * ```
   *
   * @throws {UnknownQueueError} when the queue does not run on this node
   * @throws {ConfigError} when a number cannot be used, as more threads than the limit
   * @throws {NotRunningError} when the instance is not started
   * @throws {StoppedError} after `stop()`
   * @see https://hexdocs.pm/oban/Oban.html#scale_queue/2
   */
  async scaleQueue(queue: string, options: QueueScale): Promise<void> {
    await this.controllable().scaleQueue(queue, options)
  }

  /**
   * Have a queue of this node claim nothing more. Running jobs go on; those claimed ahead go back.
   * Idempotent.
   *
   * @throws {UnknownQueueError} when the queue does not run on this node
   * @throws {NotRunningError} when the instance is not started
   * @throws {StoppedError} after `stop()`
   * @see https://hexdocs.pm/oban/Oban.html#pause_queue/2
   */
  async pauseQueue(queue: string): Promise<void> {
    await this.controllable().pauseQueue(queue)
  }

  /**
   * Have a paused queue of this node claim again. Idempotent.
   *
   * @throws {UnknownQueueError} when the queue does not run on this node
   * @throws {NotRunningError} when the instance is not started
   * @throws {StoppedError} after `stop()`
   * @see https://hexdocs.pm/oban/Oban.html#resume_queue/2
   */
  async resumeQueue(queue: string): Promise<void> {
    await this.controllable().resumeQueue(queue)
  }

  /**
   * Pause every queue that this node runs now. One that is started later is not paused by it.
   *
   * @throws {NotRunningError} when the instance is not started
   * @throws {StoppedError} after `stop()`
   * @see https://hexdocs.pm/oban/Oban.html#pause_all_queues/2
   */
  async pauseAllQueues(): Promise<void> {
    await this.controllable().pauseAllQueues()
  }

  /**
   * Resume every queue that this node runs now.
   *
   * @throws {NotRunningError} when the instance is not started
   * @throws {StoppedError} after `stop()`
   * @see https://hexdocs.pm/oban/Oban.html#resume_all_queues/2
   */
  async resumeAllQueues(): Promise<void> {
    await this.controllable().resumeAllQueues()
  }

  /**
   * Start a queue on this node, with the options it could have in the configuration. Resolves when it
   * is up; it claims jobs once it has registered with the database. Nothing happens when the queue runs
   * already, however it is set: see `scaleQueue`. While it stops, the start waits for that.
   *
   * It runs until it is stopped or the node is; another start of the program does not know it.
   *
   * @throws {ConfigError} when an option cannot be used
   * @throws {SupervisorError} of `oban-ts/supervisors`, when it does not come up; then it does not run
   * @throws {NotRunningError} when the instance is not started
   * @throws {StoppedError} after `stop()`, or when it is called meanwhile
   * @see https://hexdocs.pm/oban/Oban.html#start_queue/2
   */
  async startQueue(queue: string, options: QueueOptions | number): Promise<void> {
    await this.controllable().startQueue(queue, options)
    // The end of its foreman ends the start of a queue as well.
    this.controllable()
  }

  /**
   * Stop a queue of this node. It claims nothing more, its running jobs may finish within
   * `shutdownGracePeriod`, the others go back; then the queue is gone, and its jobs stay available.
   * Calls while it stops resolve together.
   *
   * @throws {UnknownQueueError} when the queue does not run on this node
   * @throws {NotRunningError} when the instance is not started
   * @throws {StoppedError} after `stop()`
   * @see https://hexdocs.pm/oban/Oban.html#stop_queue/2
   */
  async stopQueue(queue: string): Promise<void> {
    await this.controllable().stopQueue(queue)
  }

  /**
   * Run the jobs of a queue now, in this call and on the main thread, one after the other, whether the
   * instance is started or not: for tests and scripts. Resolves when the database knows how each ended.
   *
   * Timeouts abort the signal but cannot end a body, and one that is cancelled hears of it within a
   * second. What two drains or nodes do at once, they share: no job runs twice.
   *
   * @example
   * ```ts
   * await oban.drainQueue('media') // => { success: 2, failure: 1, … }
   * ```
   *
   * @returns how many attempts ended in which way
   * @throws {ConfigError} when an option cannot be used, a module does not load, or `setup()` fails
   * @throws {DatabaseUnreachableError | SchemaMissingError} as `start()` does
   * @throws {StoppedError} after `stop()`
   * @throws {InThreadError} inside a job's thread
   * @throws {unknown} with `withSafety: false` what the first job that failed threw
   * @see https://hexdocs.pm/oban/Oban.html#drain_queue/2
   */
  async drainQueue(queue: string, options?: DrainOptions): Promise<Drained> {
    const input = await this.drainable()
    const { drainQueue } = await import('./drain.ts')

    return drainQueue(input, queue, options)
  }
}
