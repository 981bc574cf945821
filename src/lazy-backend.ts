/**
 * The database of an instance, opened when it is first needed: an instance that is not used, or whose
 * every call brings a `client`, loads no driver and connects to nothing.
 */
import type { Backend } from './backend.ts'
import { systemClock } from './clock.ts'
import type { Config } from './config.ts'
import type { ManagedJobs } from './engine/managed-jobs.ts'
import { clientStore } from './job/client-store.ts'
import type { Store } from './job/insertion.ts'
import type { QueryClient } from './job/query-client.ts'
import type { JobActs } from './job-control.ts'
import type { Origin } from './telemetry/events.ts'
import { tracedActs } from './telemetry/traced-store.ts'

export interface LazyBackendOptions {
  readonly config: Config
  /** Throws when the instance may not open it any more. */
  readonly refuseStopped: () => void
  /** Jobs were committed that may run at once, in these queues. */
  readonly onAvailable: (queues: ReadonlySet<string>) => void
}

export class LazyBackend {
  readonly #options: LazyBackendOptions
  readonly #origin: Origin
  /** Jobs of calls with a client of their own, and of others. */
  readonly store: Store
  #opened: Promise<Backend> | undefined

  constructor(options: LazyBackendOptions) {
    this.#options = options
    const { name: instance, node, prefix, notifier } = options.config
    this.#origin = { instance, node }
    this.store = clientStore({
      prefix,
      notifier,
      own: {
        insert: async (jobs) => (await this.open()).store.insert(jobs),
        find: async (id) => (await this.open()).store.find(id),
        cancel: async (id) => (await this.open()).store.cancel(id),
        change: async (row, changes) => (await this.open()).store.change(row, changes),
      },
      load: () => import('./engine/enqueue.ts'),
      manage: (client) => this.#jobsThrough(client),
    })
  }

  /**
   * All callers share it. A failure is not kept: the next call may find the database up.
   *
   * @throws {ConfigError} when the configuration names no database
   * @throws {EmbeddedError} when an embedded server cannot be started
   * @throws {StoppedError} after `stop()`
   */
  async open(): Promise<Backend> {
    const { refuseStopped } = this.#options
    refuseStopped()
    this.#opened ??= this.#open()
    try {
      return await this.#opened
    } catch (error) {
      this.#opened = undefined
      throw error
    }
  }

  /**
   * The jobs as seen through a client, or through the database, which is opened for it.
   *
   * @throws {ConfigError} when the client is none, or there is neither it nor a database
   * @throws {StoppedError} after `stop()`, without a client
   */
  async managed(client: QueryClient | undefined): Promise<JobActs> {
    const jobs =
      client === undefined ? (await this.open()).store.jobs : await this.#jobsThrough(client)

    return {
      ...tracedActs(jobs, this.#origin, client),
      list: (listing) => jobs.list(listing),
    }
  }

  /** Close what was opened. What could not be has been told to whoever needed it, and leaves nothing. */
  async close(): Promise<void> {
    const [opened] = await Promise.allSettled([this.#opened])
    if (opened.status === 'fulfilled') await opened.value?.close()
  }

  async #jobsThrough(client: QueryClient): Promise<ManagedJobs> {
    const { jobsThrough } = await import('./engine/managed-jobs.ts')

    return jobsThrough(client, this.#options.config)
  }

  async #open(): Promise<Backend> {
    const { config, onAvailable } = this.#options
    const { openBackend } = await import('./backend.ts')

    return openBackend({ config, clock: systemClock, onAvailable })
  }
}
