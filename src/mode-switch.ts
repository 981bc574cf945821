/**
 * Sends what an instance is asked to where its testing mode wants it. In production that is one look at
 * a property for each enqueue; nothing of `modes/` is loaded.
 */
import { systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { endStates, type JobRow } from './job.ts'
import type { InlineStore } from './modes/inline-store.ts'
import type { Enqueuer } from './job/enqueuer.ts'
import type { Store } from './job/insertion.ts'
import type { QueryClient } from './job/query-client.ts'
import type { LazyBackend } from './lazy-backend.ts'
import type { IdleInstance } from './modes/idle-instance.ts'
import { lendToTests, testingScope } from './registry.ts'
import type { RunningQueues } from './running-queues.ts'
import { JobNotFoundError } from './management-errors.ts'
import { TestingError } from './testing-error.ts'
import type { TestingAccess, TestingScope } from './testing-mode.ts'

export interface ModeSwitchOptions {
  readonly config: Config
  /** Where jobs are kept in the other modes. */
  readonly backend: LazyBackend
  /** The instance itself, with which bodies enqueue. */
  readonly home: Enqueuer
  /** What runs of it; undefined before `start()`, and after `stop()`. */
  readonly started: () => { readonly queues: RunningQueues } | undefined
}

export class ModeSwitch {
  readonly #options: ModeSwitchOptions
  readonly #own: TestingScope
  /** Jobs run at once, or are stored, as the caller's scope says. */
  readonly store: Store
  #inline: Promise<InlineStore> | undefined

  constructor(options: ModeSwitchOptions) {
    this.#options = options
    this.#own = { mode: options.config.testing, isSafe: false }
    const { home, backend } = options
    const { store } = backend
    lendToTests(home, this.#access())
    this.store = {
      insert: async (jobs, client) => {
        const { mode, isSafe } = this.scope
        if (mode !== 'inline') return store.insert(jobs, client)

        return (await this.#open()).insert(jobs, isSafe, client)
      },
      find: async (id, client) => {
        const row = await this.#ran(id)
        if (row) return { ...row, version: '' }

        return this.#isAllThereIs(client) ? undefined : store.find(id, client)
      },
      cancel: async (id, client) =>
        (await this.#ran(id)) === undefined && !this.#isAllThereIs(client)
          ? store.cancel(id, client)
          : false,
      change: async (row, changes, client) => {
        const ran = await this.#ran(Number(row.id))
        if (ran === undefined) return store.change(row, changes, client)
        throw new TestingError(
          `job ${row.id} of worker "${ran.worker}" ran in testing mode "inline", is stored nowhere ` +
            'and cannot be changed; use mode "manual"',
        )
      },
    }
  }

  /** What holds for the code that runs now. */
  get scope(): TestingScope {
    return testingScope() ?? this.#own
  }

  /** Whether nothing runs what is stored, and nobody is told of it. */
  get isIdle(): boolean {
    return this.scope.mode !== 'disabled'
  }

  /** What `start()` makes, where it is to start nothing. */
  async idleInstance(): Promise<IdleInstance | undefined> {
    if (!this.isIdle) return undefined
    const { IdleInstance: Loaded } = await import('./modes/idle-instance.ts')

    return new Loaded(this.#options.config)
  }

  /** Whether there is no database, as none is needed. */
  get isDetached(): boolean {
    return this.scope.mode === 'inline' && this.#options.config.database === undefined
  }

  /** @throws {TestingError} when the caller needs a database, and jobs run without one */
  requireDatabase(): void {
    if (!this.isDetached) return
    throw new TestingError(
      `the instance "${this.#options.config.name}" is in testing mode "inline" and has no database, ` +
        'so no job is stored that could be found or changed; look at the job that enqueue() returns, ' +
        'or use mode "manual" with a database',
    )
  }

  /**
   * A job that ran in this mode, as who waits for it gets it; undefined for a job of the database.
   *
   * @throws {TestingError} when it waits for another attempt, which nothing will make
   * @throws {JobNotFoundError} when there is no database either that could have it
   */
  async ended(id: number): Promise<JobRow | undefined> {
    const row = await this.#ran(id)
    if (row === undefined && this.isDetached) throw new JobNotFoundError(id)
    if (row === undefined || endStates.includes(row.state)) return row
    throw new TestingError(
      `job ${id} of worker "${row.worker}" is ${row.state} after its first attempt, and testing mode ` +
        '"inline" makes no second one, so it would be waited for in vain',
    )
  }

  async close(): Promise<void> {
    const [inline] = await Promise.allSettled([this.#inline])
    if (inline.status === 'fulfilled') await inline.value?.close()
  }

  /** Whether what ran here are all the jobs that a call can be about. */
  #isAllThereIs(client: QueryClient | undefined): boolean {
    return client === undefined && this.isDetached
  }

  #access(): TestingAccess {
    const { config, backend, started } = this.#options
    const { name, prefix } = config

    return {
      name,
      prefix,
      isRunning: () => (started()?.queues.checkAllQueues() ?? []).length > 0,
      client: async () => (this.isDetached ? undefined : (await backend.open()).client),
      forget: async () => {
        const inline = await this.#inline
        inline?.forget()
      },
    }
  }

  async #ran(id: number): Promise<JobRow | undefined> {
    return this.scope.mode === 'inline' ? (await this.#inline)?.find(id) : undefined
  }

  #open(): Promise<InlineStore> {
    this.#inline ??= this.#load()

    return this.#inline
  }

  async #load(): Promise<InlineStore> {
    const { InlineStore: Loaded } = await import('./modes/inline-store.ts')
    const { config, home, started } = this.#options

    return new Loaded({
      config,
      clock: systemClock,
      home,
      isLogged: started() !== undefined,
    })
  }
}
