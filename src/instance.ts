/**
 * A running instance: what outlives the actors, and the tree of actors over it. Loaded by
 * `Oban.start()` only, so that an application that just enqueues loads no actors.
 */
import PQueue from 'p-queue'
import type { ClientConfig } from 'pg'
import { createActor, type ActorOptions } from 'xstate'
import {
  createNames,
  describe,
  observe,
  supervisor,
  type InspectionObserver,
  type SupervisorLogic,
  type SupervisorRef,
  type TreeDescription,
} from '../supervisors/index.ts'
import { Alarms } from './alarms.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { noConnections } from './engine/connections.ts'
import type { Outlet } from './engine/outlet.ts'
import { reachSchema } from './engine/reach.ts'
import type { Health } from './health.ts'
import type { Enqueuer } from './job/enqueuer.ts'
import type { Store } from './job/insertion.ts'
import type { CronListing } from './cron/crontab.ts'
import { claimNode, releaseNode } from './namesakes.ts'
import { Awaited } from './protocol/awaited.ts'
import { Faults } from './protocol/faults.ts'
import { Leadership } from './protocol/leadership.ts'
import { Outbox } from './protocol/outbox.ts'
import { Reach } from './protocol/reach.ts'
import { SentSignals } from './protocol/sent-signals.ts'
import type { RunningQueues } from './running-queues.ts'
import { checkHealth } from './runtime/health.ts'
import { gatherCrontab } from './runtime/harbor/gather-crontab.ts'
import { isLeading, warnOfPython } from './runtime/nodes/lead.ts'
import type { Names } from './runtime/names.ts'
import { drainAll } from './runtime/queues/drain.ts'
import { metaPatches } from './runtime/queues/own-job.ts'
import { runningQueues } from './runtime/queues/running-queues.ts'
import type { Runtime } from './runtime/runtime.ts'
import { prepareInline, undo } from './runtime/queues/surroundings.ts'
import { wake } from './runtime/wake.ts'
import { checkModules } from './runtime/queues/worker-check.ts'
import { emit } from './telemetry/channels.ts'
import { attachLogger } from './telemetry/logger.ts'
import { queueTree } from './tree/queue.ts'
import { instanceTree } from './tree/root.ts'

export interface InstanceInput {
  readonly config: Config
  readonly clock: Clock
  readonly connect: ClientConfig
  /** How to open the connection that listens. Default: as the others */
  readonly listen?: ClientConfig
  readonly store: Store
  readonly outlet: Outlet
  readonly insertion: Enqueuer
  /** How long others leave a leader alone that does not renew. Default: 30_000 */
  readonly leaseMs?: number
  /** Stands in for the clock of the database, as ISO 8601. Default: the database's own */
  readonly databaseNow?: () => string | null
  /** What actors set their timers with; with `now`, also what restarts are counted by. */
  readonly timers?: ActorOptions<SupervisorLogic>['clock']
  /** Ends a start that waits for its database, with what it was aborted with. */
  readonly signal?: AbortSignal
  /** The root gave up; not called for an orderly stop. */
  readonly onFatal: (error: unknown) => void
}

/** What was found out before the start. */
type Findings = Pick<Runtime, 'crontab' | 'failedModules' | 'prepared' | 'schema'>

/** Threads that come up at once. */
const BOOTS = 2

const LEASE_MS = 30_000

/** How long terminated threads are waited for: one may be inside of a native call, which nothing ends. */
const LAST_THREADS_MS = 5_000

/**
 * Look at the database and at the worker modules, and start the tree.
 *
 * @throws {DatabaseUnreachableError | SchemaMissingError | ConfigError} when there is no point
 */
export async function startInstance(input: InstanceInput): Promise<Instance> {
  const { config, connect, clock } = input
  claimNode(config, config)
  const onFatal = (error: unknown) => {
    releaseNode(config)
    input.onFatal(error)
  }
  const detachLogger = attachLogger({ ...config, clock })
  try {
    const [schema, { failedModules, workers }] = await Promise.all([
      reachSchema(connect, config.prefix, clock, input.signal),
      checkModules(config, clock),
    ])
    const crontab = await gatherCrontab(config, workers)
    const prepared = await prepareInline(config, clock)
    const instance = new Instance(
      { ...input, onFatal },
      { schema, crontab, failedModules, prepared },
      detachLogger,
    )
    try {
      await instance.start()
    } catch (error) {
      await undo(prepared)
      throw error
    }

    return instance
  } catch (error) {
    detachLogger()
    releaseNode(config)
    throw error
  }
}

/**
 * What outlives the actors of an instance, and the root of their tree, which has not started.
 *
 * @param plant - which actors there are. Default: those of a node
 */
export function growTree(
  input: InstanceInput,
  findings: Findings,
  plant: typeof instanceTree = instanceTree,
): { readonly root: SupervisorRef; readonly runtime: Runtime } {
  const { config, clock, connect, store, outlet, insertion, leaseMs = LEASE_MS } = input
  const { onFatal, timers, databaseNow = () => null } = input
  const names = createNames<Names>(() => {
    // Whoever is not there is starting again, and looks for work when it is up.
  })
  const runtime: Runtime = {
    config,
    clock,
    alarms: new Alarms(clock),
    ...findings,
    databaseNow,
    store,
    outlet,
    reach: new Reach(),
    sentSignals: new SentSignals(),
    insertion,
    origin: { instance: config.name, node: config.node },
    outbox: new Outbox({ random: Math.random, now: clock.now }),
    awaited: new Awaited(),
    patches: metaPatches(() => runtime),
    tenures: new Set(),
    pools: new WeakMap(),
    queues: new Map(config.queues.map((queue) => [queue.name, queue])),
    leadership: new Leadership(leaseMs),
    faults: new Faults(clock.now),
    errands: new Set(),
    turns: new Map(),
    queueSpec: (queue) => queueTree(runtime, queue),
    boots: new PQueue({ concurrency: BOOTS }),
    connections: noConnections(config.prefix),
    tell: (name, message) => names.tell(root.system, name, message),
    whereis: (name) => names.whereis(root.system, name),
    describe: () => describe(root.getSnapshot()),
  }
  const root: SupervisorRef = createActor(supervisor, {
    input: plant(runtime, connect, input.listen),
    ...(timers && { clock: timers }),
  })
  root.subscribe({ error: onFatal })

  return { root, runtime }
}

export class Instance {
  readonly #runtime: Runtime
  readonly #root: SupervisorRef
  readonly #connect: ClientConfig
  readonly #detachLogger: () => void
  /** What an operator may ask of them. */
  readonly queues: RunningQueues
  #looking: Promise<Health> | undefined

  constructor(input: InstanceInput, findings: Findings, detachLogger: () => void) {
    const { root, runtime } = growTree(input, findings)
    this.#root = root
    this.#runtime = runtime
    this.queues = runningQueues(runtime)
    this.#connect = input.connect
    this.#detachLogger = detachLogger
  }

  /**
   * Start the tree; resolves when every actor is up.
   *
   * @throws {StartError} when one does not come up
   */
  async start(): Promise<void> {
    const { config, origin } = this.#runtime
    const queues = config.queues.map(({ name, limit }) => ({ name, limit }))
    emit('instance.start', { ...origin, prefix: config.prefix, queues })
    await startTree(this.#root)
    await warnOfPython(this.#runtime)
  }

  /** Stop in order; resolves when nothing of the tree is left, also when it has given up before. */
  async stop(): Promise<void> {
    const { clock, origin, outbox } = this.#runtime
    const askedAtMs = clock.monotonicMs()
    // Caretakers stop first, which may take a while: no queue goes on claiming meanwhile.
    drainAll(this.#runtime)
    await stopTree(this.#root)
    // After an end by force nobody has waited for these either.
    await untilThreadless(this.#runtime)
    await Promise.allSettled(this.#runtime.errands)
    await this.#runtime.connections.close()
    const elapsedMs = clock.monotonicMs() - askedAtMs
    emit('instance.stop', { ...origin, elapsedMs, undelivered: outbox.size })
    this.#detachLogger()
    releaseNode(this.#runtime.config)
  }

  /** Stop at once: threads are terminated, and rows are left to the lifelines of others. */
  kill(): void {
    this.#root.stop()
  }

  /** Queues have new jobs. */
  wake(queues: Iterable<string>): void {
    wake(this.#runtime, queues)
  }

  get isLeader(): boolean {
    return isLeading(this.#runtime)
  }

  /** The periodic jobs, with their runs before and after now. */
  listCrons(): CronListing[] {
    const { clock, crontab } = this.#runtime

    return crontab.list(clock.now())
  }

  /** All who ask while a look is under way share it: asking often opens no more connections. */
  health(): Promise<Health> {
    this.#looking ??= checkHealth(this.#runtime, this.#connect).finally(() => {
      this.#looking = undefined
    })

    return this.#looking
  }

  snapshot(): TreeDescription {
    return this.#runtime.describe()
  }

  /** Tell an observer what happens in the tree, until it throws or the returned function is called. */
  inspect(observer: InspectionObserver): () => void {
    return observe(this.#root, observer, (error) => {
      emit('inspector.failed', { ...this.#runtime.origin, error })
    })
  }
}

/** Resolves when no thread of the instance is left, or when one has not ended for long. */
function untilThreadless({ clock, tenures }: Runtime): Promise<void> {
  const gone = [...tenures].map(
    (tenure) =>
      new Promise<void>((resolve) => {
        tenure.whenThreadless(resolve)
      }),
  )

  return new Promise((resolve) => {
    const callOff = clock.after(LAST_THREADS_MS, resolve, { keepAlive: true })
    void Promise.all(gone).then(() => {
      callOff()
      resolve()
    })
  })
}

/**
 * Start a tree; resolves when every actor is up.
 *
 * @throws {StartError} when one does not come up
 */
export function startTree(root: SupervisorRef): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    root.subscribe({
      next: ({ phase }) => {
        if (phase === 'running') resolve()
      },
      complete: resolve,
      error: reject,
    })
    root.start()
  })
}

/** Stop a tree; resolves when it has ended, in whatever way: XState tells nothing of one that has. */
export function stopTree(root: SupervisorRef): Promise<void> {
  if (root.getSnapshot().status !== 'active') return Promise.resolve()

  return new Promise((resolve) => {
    const ended = () => {
      resolve()
    }
    root.subscribe({ complete: ended, error: ended })
    root.send({ type: 'sup.shutdown', reason: 'stop' })
  })
}
