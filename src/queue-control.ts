/** The part of the facade that looks at queues and turns them while they run, here and on other nodes. */
import type { DrainOptions } from './config/drain.ts'
import type { ControlScope, QueueOptions, QueueScale } from './config/options.ts'
import type { Drained } from './drained.ts'
import { objectOf } from './job/call-options.ts'
import { ALL_QUEUES, type QueueCommand } from './queue-command.ts'
import type { QueueState } from './queue-state.ts'
import type { RunningQueues } from './running-queues.ts'

export abstract class QueueControl {
  /** @throws {NotRunningError} when the instance is not started, or has stopped */
  protected abstract running(): RunningQueues

  /** Carry a command out on the nodes that are meant. */
  protected abstract control(command: QueueCommand, scope: ControlScope): Promise<void>

  /** @throws {StoppedError | InThreadError} when nothing can run here */
  protected abstract drain(queue: string, options: DrainOptions | undefined): Promise<Drained>

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
   * Change how many jobs a queue runs at once on each node, and on how many threads. Resolves when no
   * job starts here but by the new numbers, and the other nodes are told. What runs is never ended by it:
   * after a smaller limit nothing starts until enough has ended, and a thread too many goes once it is
   * empty.
   *
   * A limit alone may fall below the number of threads; the idle ones stay. Nodes of other languages take
   * the limit; threads are known to nodes of ours only.
   *
   * @example
   * ```ts
   * await oban.scaleQueue('media', { limit: 5, threads: 2 })
   * ```
   *
   * @throws {UnknownQueueError} when only this node is meant, and does not run the queue
   * @throws {ConfigError} when a number cannot be used, as more threads than the limit, or more than
   * 10,000 and 256 threads for other nodes
   * @throws {NotRunningError} when only this node is meant, and it is not started
   * @throws {StoppedError} after `stop()`
   * @throws {Error} of the database, when the other nodes cannot be told
   * @see https://hexdocs.pm/oban/Oban.html#scale_queue/2
   */
  async scaleQueue(queue: string, options: QueueScale & ControlScope): Promise<void> {
    const { node, localOnly, ...scale } = objectOf(options)
    await this.control({ action: 'scale', queue, ...scale }, { node, localOnly })
  }

  /**
   * Have a queue claim nothing more, on every node unless `scope` names one. Running jobs go on; those
   * claimed ahead go back. Idempotent.
   *
   * It works from an instance that runs no queues, and from one that is not started: then others are told.
   *
   * @throws {UnknownQueueError} when only this node is meant, and does not run the queue
   * @throws {NotRunningError} when only this node is meant, and it is not started
   * @throws {ConfigError} when there is no such scope, or no `database`
   * @throws {StoppedError} after `stop()`
   * @throws {Error} of the database, when the other nodes cannot be told; this one is paused then
   * @see https://hexdocs.pm/oban/Oban.html#pause_queue/2
   */
  async pauseQueue(queue: string, scope: ControlScope = {}): Promise<void> {
    await this.control({ action: 'pause', queue }, scope)
  }

  /**
   * Have a paused queue claim again, on every node unless `scope` names one. Idempotent.
   *
   * @throws {Error} as `pauseQueue`
   * @see https://hexdocs.pm/oban/Oban.html#resume_queue/2
   */
  async resumeQueue(queue: string, scope: ControlScope = {}): Promise<void> {
    await this.control({ action: 'resume', queue }, scope)
  }

  /**
   * Pause every queue that runs now, on every node unless `scope` names one. A queue that is started
   * later is not paused by it.
   *
   * @throws {Error} as `pauseQueue`
   * @see https://hexdocs.pm/oban/Oban.html#pause_all_queues/2
   */
  async pauseAllQueues(scope: ControlScope = {}): Promise<void> {
    await this.control({ action: 'pause', queue: ALL_QUEUES }, scope)
  }

  /**
   * Resume every queue that runs now, on every node unless `scope` names one.
   *
   * @throws {Error} as `pauseQueue`
   * @see https://hexdocs.pm/oban/Oban.html#resume_all_queues/2
   */
  async resumeAllQueues(scope: ControlScope = {}): Promise<void> {
    await this.control({ action: 'resume', queue: ALL_QUEUES }, scope)
  }

  /**
   * Start a queue with the options it could have in the configuration, on every TypeScript node that has
   * `workers`. Resolves when it is up here, and the others are told; it claims jobs once it has registered
   * with the database. Nothing happens where the queue runs already, however it is set: see `scaleQueue`.
   * While it stops, the start waits for that.
   *
   * It runs until it is stopped or the node is; another start of the program does not know it. Unlike
   * Oban's, it starts nothing on nodes of other languages, whose workers are others.
   *
   * @throws {ConfigError} when an option cannot be used
   * @throws {SupervisorError} of `oban-ts/supervisors`, when it does not come up; then it does not run
   * @throws {NotRunningError} when only this node is meant, and it is not started
   * @throws {StoppedError} after `stop()`, or when it is called meanwhile
   * @throws {Error} of the database, when the other nodes cannot be told
   * @see https://hexdocs.pm/oban/Oban.html#start_queue/2
   */
  async startQueue(
    queue: string,
    options: QueueOptions | number,
    scope: ControlScope = {},
  ): Promise<void> {
    await this.control({ action: 'start', queue, options }, scope)
  }

  /**
   * Stop a queue, on every node unless `scope` names one. It claims nothing more, its running jobs may
   * finish within `shutdownGracePeriod`, the others go back; then the queue is gone, and its jobs stay
   * available. Resolves when it is gone from this node, and the others are told. Calls while it stops
   * resolve together.
   *
   * @throws {Error} as `pauseQueue`
   * @see https://hexdocs.pm/oban/Oban.html#stop_queue/2
   */
  async stopQueue(queue: string, scope: ControlScope = {}): Promise<void> {
    await this.control({ action: 'stop', queue }, scope)
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
    return this.drain(queue, options)
  }
}
