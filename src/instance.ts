/**
 * A running instance: what outlives the actors, and the tree of actors over it. Loaded by
 * `Oban.start()` only, so that an application that just enqueues loads no actors.
 */
import PQueue from 'p-queue'
import type { ClientConfig } from 'pg'
import { createActor } from 'xstate'
import {
  createNames,
  describe,
  supervisor,
  type SupervisorRef,
  type TreeDescription,
} from '../supervisors/index.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { ResultsLostError } from './database-errors.ts'
import { noConnections } from './engine/connections.ts'
import { reachSchema } from './engine/reach.ts'
import type { SchemaFacts } from './engine/schema.ts'
import type { Enqueuer } from './enqueuer.ts'
import type { Store } from './insertion.ts'
import { Outbox } from './outbox.ts'
import type { Names } from './runtime/names.ts'
import { checkQueue, type QueueState } from './runtime/queue-state.ts'
import { reportFailure } from './runtime/report.ts'
import type { Runtime } from './runtime/runtime.ts'
import { checkModules } from './runtime/worker-check.ts'
import { attachLogger } from './telemetry/logger.ts'
import { instanceTree } from './tree/instance.ts'

export interface InstanceInput {
  readonly config: Config
  readonly clock: Clock
  readonly connect: ClientConfig
  readonly store: Store
  readonly insertion: Enqueuer
  /** The root gave up; not called for an orderly stop. */
  readonly onFatal: (error: unknown) => void
}

/** Threads that come up at once. */
const BOOTS = 2

/**
 * Look at the database and at the worker modules, and start the tree.
 *
 * @throws {DatabaseUnreachableError | SchemaMissingError | ConfigError} when there is no point
 */
export async function startInstance(input: InstanceInput): Promise<Instance> {
  const { config, connect, clock } = input
  const detachLogger = attachLogger({ ...config, clock })
  try {
    const [schema] = await Promise.all([
      reachSchema(connect, config.prefix, clock),
      checkModules(config),
    ])
    const instance = new Instance(input, schema, detachLogger)
    await instance.start()

    return instance
  } catch (error) {
    detachLogger()
    throw error
  }
}

export class Instance {
  readonly #runtime: Runtime
  readonly #root: SupervisorRef
  readonly #detachLogger: () => void

  constructor(input: InstanceInput, schema: SchemaFacts, detachLogger: () => void) {
    const { config, clock, store, insertion, connect } = input
    this.#detachLogger = detachLogger
    const names = createNames<Names>(() => {
      // Whoever is not there is starting again, and looks for work when it is up.
    })
    this.#runtime = {
      config,
      clock,
      schema,
      store,
      insertion,
      origin: { instance: config.name, node: config.node },
      outbox: new Outbox({ random: Math.random, now: clock.now }),
      tenures: new Set(),
      pools: new WeakMap(),
      queues: new Map(config.queues.map((queue) => [queue.name, queue])),
      boots: new PQueue({ concurrency: BOOTS }),
      connections: noConnections(config.prefix),
      tell: (name, message) => names.tell(this.#root.system, name, message),
      whereis: (name) => names.whereis(this.#root.system, name),
    }
    this.#root = createActor(supervisor, { input: instanceTree(this.#runtime, connect) })
    this.#root.subscribe({ error: input.onFatal })
  }

  /**
   * Start the tree; resolves when every actor is up.
   *
   * @throws {StartError} when one does not come up
   */
  async start(): Promise<void> {
    const running = this.#until(({ phase }) => phase === 'running')
    this.#root.start()
    await running
  }

  /** Stop in order; resolves when nothing of the tree is left. */
  async stop(): Promise<void> {
    if (this.#root.getSnapshot().status === 'active') {
      const ended = new Promise((resolve) => {
        // Whatever it died of was told when it did.
        this.#root.subscribe({ complete: () => resolve(undefined), error: resolve })
      })
      this.#root.send({ type: 'sup.shutdown', reason: 'stop' })
      await ended
    }
    // After an end by force nobody has waited for these.
    await this.#runtime.connections.close()
    const { outbox, origin } = this.#runtime
    if (outbox.size > 0) reportFailure(origin, 'stop', new ResultsLostError(outbox.size))
    this.#detachLogger()
  }

  /** Stop at once: threads are terminated, and rows are left to the lifelines of others. */
  kill(): void {
    this.#root.stop()
  }

  /** Queues of this node have new jobs. */
  wake(queues: Iterable<string>): void {
    for (const queue of queues) {
      if (this.#runtime.queues.has(queue)) {
        this.#runtime.tell(`queue/${queue}/producer`, { type: 'jobs.available' })
      }
    }
  }

  checkQueue(queue: string): QueueState | undefined {
    return checkQueue(this.#runtime, queue)
  }

  snapshot(): TreeDescription {
    return describe(this.#root.getSnapshot())
  }

  /** Resolves when the root's snapshot passes the test, or the root has ended in order. */
  #until(test: (snapshot: ReturnType<SupervisorRef['getSnapshot']>) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#root.subscribe({
        next: (snapshot) => {
          if (test(snapshot)) resolve()
        },
        complete: resolve,
        error: reject,
      })
    })
  }
}
