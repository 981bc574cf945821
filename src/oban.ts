/**
 * The facade: one instance of Oban in this process. It validates and delegates; the database and the
 * actors are loaded when they are first needed.
 *
 * Here stand its life and what enqueues and observes. The methods that find and change jobs are in
 * `job-control.ts`, which it extends, and those that turn queues in `queue-control.ts`, below that.
 */
import type { TreeDescription } from '../supervisors/description.ts'
import type { InspectionObserver } from '../supervisors/inspection.ts'
import { systemClock } from './clock.ts'
import { parseConfig, type Config } from './config.ts'
import type { DrainOptions } from './config/drain.ts'
import type { DrainInput } from './drain.ts'
import { nothingDrained, type Drained } from './drained.ts'
import type { AnyWorker } from './worker/definition.ts'
import type { Counting, JobCount } from './job/counting.ts'
import type { ClientOption, EnqueueOptions, Enqueuer } from './job/enqueuer.ts'
import type { JobList, JobStream, StreamInserted, StreamOptions } from './job/enqueuer.ts'
import type { Health } from './health.ts'
import { InThreadError, NotRunningError, StoppedError } from './errors.ts'
import type { JobOf, NamedEnqueueArgs, NamedWorker } from './worker/inference.ts'
import type { CronListing } from './cron/crontab.ts'
import { deferred } from './deferred.ts'
import { instrumentOf } from './instruments.ts'
import { insertion, readEnqueue } from './job/insertion.ts'
import type { Instance } from './instance.ts'
import { LazyBackend } from './lazy-backend.ts'
import { ModeSwitch } from './mode-switch.ts'
import type { QueryClient } from './job/query-client.ts'
import { type JobActs, JobControl } from './job-control.ts'
import type { Job } from './job.ts'
import type { NewJobRequest } from './job/new-job.ts'
import { checkCommand, parseScope } from './config/command.ts'
import type { ControlScope, ObanOptions } from './config/options.ts'
import type { QueueCommand } from './queue-command.ts'
import {
  defaultInstance,
  findInstance,
  isJobThread,
  registerInstance,
  unregisterInstance,
} from './registry.ts'
import type { RunningQueues } from './running-queues.ts'
import { checkedEvents } from './telemetry/channels.ts'
import { tracedStore } from './telemetry/traced-store.ts'
import type { TestingMode } from './testing-mode.ts'
import { isExecuting } from './threads/current.ts'

/** What a started instance can be asked; in a testing mode there is no tree behind it. */
type Started = Omit<Instance, 'start'>

export class Oban extends JobControl implements Enqueuer {
  readonly #config: Config
  protected override readonly insertion: Enqueuer
  readonly #backend: LazyBackend
  readonly #modes: ModeSwitch
  #instance: Started | undefined
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  /** Aborted by `stop()`: a start does not go on waiting for a database. */
  readonly #ending = new AbortController()
  #closed = deferred()

  /**
   * Check the options and make the instance known by its name. Connects to nothing, starts nothing.
   *
   * @throws {ConfigError} with every problem of the options
   * @see https://hexdocs.pm/oban/Oban.html#start_link/1
   */
  constructor(options?: ObanOptions) {
    super()
    this.#config = parseConfig(options)
    checkedEvents(this.#config.logged.events, 'logger.events')
    this.#backend = new LazyBackend({
      config: this.#config,
      refuseStopped: () => {
        this.#refuseStopped()
      },
      onAvailable: (queues) => this.#instance?.wake(queues),
    })
    const { name, node, maxArgsBytes } = this.#config
    this.#modes = new ModeSwitch({
      config: this.#config,
      backend: this.#backend,
      home: this,
      started: () => this.#instance,
    })
    this.insertion = insertion({
      name,
      maxArgsBytes,
      store: tracedStore(this.#modes.store, { instance: name, node }),
      wait: async (id, wait) =>
        (await this.#modes.ended(id)) ?? (await this.#backend.open()).waiter.wait(id, wait),
    })
    if (!isJobThread()) registerInstance(this)
  }

  /**
   * The instance with this name; inside a job's thread, a proxy that enqueues, finds and
   * cancels jobs through it.
   *
   * @throws {NotFoundError} when there is none
   * @see https://hexdocs.pm/oban/Oban.html#whereis/1
   */
  static get(name: string = defaultInstance): Enqueuer {
    return findInstance(name)
  }

  get name(): string {
    return this.#config.name
  }

  /** What becomes of the jobs that the code enqueues which asks; see the option `testing`. */
  get testingMode(): TestingMode {
    return this.#modes.scope.mode
  }

  /**
   * Whether this node leads the instance now, as its lease in the database says and for as long as it may
   * be trusted. False before `start()` and after `stop()`.
   *
   * @see https://hexdocs.pm/oban/Oban.Peer.html#leader?/2
   */
  get isLeader(): boolean {
    return this.#instance?.isLeader ?? false
  }

  /** Resolves when the instance has stopped; rejects when its supervision tree has given up. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /**
   * Start the supervision tree: queues fetch, due jobs are staged, dead nodes' jobs are rescued.
   * Resolves once everything is up. Calls while it starts share one promise.
   *
   * @throws {DatabaseUnreachableError} when no server lets us in within 10 seconds
   * @throws {SchemaMissingError} when the tables are missing: run `oban install`
   * @throws {MissingRightsError} when the role may not work with them; it has the statements to grant it
   * @throws {ConfigError} when two modules define one worker, or one ends the thread that loads it; when
   * this process runs a node of the same name, or an instance of the same name in another schema
   * @throws {StartError} of `oban-ts/supervisors`, when an actor does not come up
   * @throws {StoppedError} after `stop()`, and when that is called while the database is waited for
   * @throws {InThreadError} inside a job's thread
   * @see https://hexdocs.pm/oban/Oban.html#start_link/1
   */
  async start(): Promise<void> {
    if (isJobThread()) throw new InThreadError()
    if (this.#stopping) throw new StoppedError(this.name)
    this.#starting ??= this.#start()
    try {
      await this.#starting
    } catch (error) {
      // The next call may find the database up, or the schema installed.
      this.#starting = undefined
      throw error
    }
  }

  /**
   * Stop: fetch nothing more, let running jobs finish within `shutdownGracePeriod`, give the others
   * back, flush what ended. Idempotent; all callers share one promise.
   *
   * @param options.force - end at once: threads are terminated and waited for, five seconds at most for one
   * that is inside of a native call; rows that were executing are left to other nodes' lifelines. Default: false
   */
  stop(options: { readonly force?: boolean } = {}): Promise<void> {
    if (options.force === true) this.#instance?.kill()
    this.#ending.abort(new StoppedError(this.name))
    this.#stopping ??= this.#stop()

    return this.#stopping
  }

  /** `await using oban = new Oban(…)` stops it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /**
   * Store a job that `new()` made, or one by the name of its worker, perhaps in another language.
   *
   * @example
   * ```ts
   * await oban.enqueue(Resize.new({ path: 'a.png' }))
   * await oban.enqueue<typeof Resize>('Media.Resize', { path: 'a.png' }, { queue: 'media' })
   * ```
   *
   * @throws {InvalidArgsError} when the arguments do not match the worker's schema
   * @throws {InvalidJobError} when an option cannot be stored
   * @throws {ConfigError} when there is neither `client` nor `database`
   * @throws {StoppedError} after `stop()`
   * @see https://hexdocs.pm/oban/Oban.html#insert/3
   */
  async enqueue<Input, RecordedValue>(
    request: NewJobRequest<Input, RecordedValue>,
    options?: ClientOption,
  ): Promise<Job<Input, RecordedValue>>
  async enqueue<Named extends AnyWorker = NamedWorker>(
    ...params: NamedEnqueueArgs<Named, EnqueueOptions>
  ): Promise<JobOf<Named>>
  async enqueue(
    first: NewJobRequest | string,
    second?: unknown,
    third?: EnqueueOptions,
  ): Promise<Job<unknown>> {
    this.#refuseStopped()
    const { request, call } = readEnqueue(first, second, third)

    return this.insertion.enqueue(request, call)
  }

  /**
   * Store many jobs. An array or a set goes into one transaction, all of it or nothing, with a round
   * trip for each 1,000. Of a stream (a generator, an iterator, anything asynchronous) 1,000 at a time
   * are stored and committed, and no more is asked for meanwhile, unless `atomic`.
   *
   * @returns the jobs, in the order of the requests; of a stream how many there were
   * @throws {InvalidArgsError} when the arguments of one do not match its worker's schema
   * @throws {InvalidJobError} when an option of one cannot be stored
   * @throws {StreamInsertError} when a stream ends half-way, for these reasons or one of its own; it
   * says how many are stored. Not with `atomic` or `client`, where the reason is thrown as it is
   * @throws {ConfigError} when there is neither `client` nor `database`
   * @throws {StoppedError} after `stop()`
   * @see https://hexdocs.pm/oban/Oban.html#insert_all/3
   */
  async enqueueMany(requests: JobList, options?: ClientOption): Promise<Job[]>
  async enqueueMany(requests: JobStream, options?: StreamOptions): Promise<StreamInserted>
  async enqueueMany(
    requests: JobList | JobStream,
    options?: StreamOptions,
  ): Promise<Job[] | StreamInserted>
  async enqueueMany(
    requests: JobList | JobStream,
    options?: StreamOptions,
  ): Promise<Job[] | StreamInserted> {
    this.#refuseStopped()

    return this.insertion.enqueueMany(requests, options)
  }

  /**
   * How this node is: whether the database answers, notifications arrive and the queues are up, who
   * leads, and what waits and runs in each queue. One query, over a connection that is opened for it, with
   * two seconds to answer; calls at the same time share it. A database that is away is part of the answer.
   *
   * @example
   * ```ts
   * const { ok, problems } = await oban.health() // => { ok: true, problems: [] }
   * ```
   *
   * @throws {NotRunningError} when the instance is not started, or has stopped
   */
  async health(): Promise<Health> {
    return this.#running().health()
  }

  /**
   * The periodic jobs that this node inserts, with their next and last run.
   *
   * @throws {NotRunningError} when the instance is not started
   */
  listCrons(): CronListing[] {
    return this.#running().listCrons()
  }

  /**
   * The whole supervision tree as plain JSON: ids, states, restarts, last errors, and what each actor
   * shows of itself. A copy, made when it is asked for; arguments of jobs are not in it.
   *
   * @throws {NotRunningError} when the instance is not started
   */
  snapshot(): TreeDescription {
    return this.#running().snapshot()
  }

  /**
   * Tell an observer, a function or an object with `next`, what happens in the supervision tree: the
   * inspection events of XState. It begins with one `@xstate.actor` for each actor that exists.
   *
   * Messages are shown without what they carry, so arguments of jobs are not in it. The observer runs
   * inside of what it is told about and must be quick; one that throws is not told anything more, and
   * reported as `inspector.failed`. Costs nothing while nobody observes.
   *
   * @example
   * ```ts
   * const end = oban.inspect(({ type, actorRef }) => console.log(type, actorRef.id))
   * ```
   *
   * @returns ends the observation; harmless when called again
   * @throws {NotRunningError} when the instance is not started
   */
  inspect(observer: InspectionObserver): () => void {
    return this.#running().inspect(observer)
  }

  protected override running(): RunningQueues {
    return this.#running().queues
  }

  protected override async control(command: QueueCommand, options: ControlScope): Promise<void> {
    this.#refuseStopping()
    const scope = parseScope(options)
    if (this.#instance || scope.kind === 'here') {
      await this.running().control(command, scope)
      // The end of its foreman ends the start of a queue as well.
      if (command.action === 'start') this.#refuseStopping()
    } else {
      checkCommand(command)
      if (!this.#modes.isIdle) await (await this.#backend.open()).signal(command, scope)
    }
  }

  #refuseStopping(): void {
    if (this.#stopping) throw new StoppedError(this.name)
  }

  protected override async managed(client?: QueryClient): Promise<JobActs> {
    if (client === undefined) this.#modes.requireDatabase()

    return this.#backend.managed(client)
  }

  protected override async count(counting: Counting): Promise<JobCount[]> {
    return (await this.#backend.open()).store.count(counting)
  }

  protected override async drain(queue: string, options?: DrainOptions): Promise<Drained> {
    if (isJobThread()) throw new InThreadError()
    if (this.#modes.isDetached) return nothingDrained
    const input = { ...(await this.#means()), isLogged: this.#instance !== undefined }
    const { drainQueue } = await import('./drain.ts')

    return drainQueue(input, queue, options)
  }

  #running(): Started {
    if (!this.#instance) throw new NotRunningError(this.name)

    return this.#instance
  }

  /** A job in its grace may still enqueue; nobody else may. */
  #refuseStopped(): void {
    if (this.#stopping && !isExecuting()) throw new StoppedError(this.name)
  }

  /** What actors are given to work with. */
  async #means(): Promise<Omit<DrainInput, 'isLogged'>> {
    const { connect, listen, store: untold, outlet } = await this.#backend.open()
    const store = tracedStore(untold, { instance: this.name, node: this.#config.node })
    const opened = { connect, listen, store, outlet, insertion: this.insertion }

    return { ...opened, config: this.#config, clock: systemClock }
  }

  async #start(): Promise<void> {
    this.#instance = (await this.#modes.idleInstance()) ?? (await this.#startTree())
  }

  async #startTree(): Promise<Instance> {
    const means = await this.#means()
    const { startInstance } = await import('./instance.ts')
    const start = () =>
      startInstance({
        ...means,
        signal: this.#ending.signal,
        onFatal: (error) => {
          this.#fail(error)
        },
      })
    // What a node does for as long as it lives is no part of what started it.
    const instrument = instrumentOf(this.name)

    return instrument ? instrument.detach(start) : start()
  }

  async #stop(): Promise<void> {
    // A start under way is waited for: what it opens must be closed.
    await Promise.allSettled([this.#starting])
    const instance = this.#instance
    await instance?.stop()
    this.#instance = undefined
    await this.#modes.close()
    await this.#backend.close()
    unregisterInstance(this.name, this)
    this.#closed.resolve()
  }

  /** The tree has given up. The host lives on, and decides. */
  #fail(error: unknown): void {
    this.#closed.reject(error)
    try {
      this.#config.onFatal(error)
    } catch (thrown) {
      // Thrown on from here it would end the process, from a place where nobody can catch it.
      process.emitWarning(`onFatal threw: ${String(thrown)}`, { type: 'ObanWarning' })
    }
  }
}
