/**
 * What outlives every actor of an instance. Actors restart and forget; what was claimed, what waits
 * for its acknowledgement and what an operator set must not be forgotten with them.
 */
import { randomUUID } from 'node:crypto'
import type PQueue from 'p-queue'
import type { ChildSpec, TreeDescription } from '../../supervisors/index.ts'
import type { Alarms } from '../alarms.ts'
import type { Clock } from '../clock.ts'
import type { Config, QueueConfig } from '../config.ts'
import type { Crontab } from '../cron/crontab.ts'
import type { Connections } from '../engine/connections.ts'
import type { Outlet } from '../engine/outlet.ts'
import type { SchemaFacts } from '../engine/schema.ts'
import type { Enqueuer } from '../job/enqueuer.ts'
import type { Store } from '../job/insertion.ts'
import type { Faults } from '../protocol/faults.ts'
import type { Awaited } from '../protocol/awaited.ts'
import type { Leadership } from '../protocol/leadership.ts'
import type { Outbox } from '../protocol/outbox.ts'
import type { Patches } from '../protocol/patches.ts'
import type { Origin } from '../telemetry/events.ts'
import type { SentSignals } from '../protocol/sent-signals.ts'
import type { Reach } from '../protocol/reach.ts'
import { Tenure } from '../protocol/tenure.ts'
import { ThreadPool, type Pool } from '../threads/pool.ts'
import type { Tell, Whereis } from './names.ts'
import type { Surroundings } from './queues/surroundings.ts'

export interface Runtime {
  readonly config: Config
  readonly origin: Origin
  readonly clock: Clock
  /** Deadlines of jobs and of threads. */
  readonly alarms: Alarms
  /** Which tables of others were there at the start. */
  readonly schema: Pick<SchemaFacts, 'hasLeaders' | 'hasProducers'>
  readonly outbox: Outbox
  /** The jobs that somebody waits for. */
  readonly awaited: Awaited
  /** What running jobs merge into their meta. */
  readonly patches: Patches
  /** Every tenure whose row may still stand in the database, the current ones and older ones. */
  readonly tenures: Set<Tenure>
  /** The executors behind each tenure. */
  readonly pools: WeakMap<Tenure, Pool>
  /** The queues as they were last set, by configuration or by an operator. */
  readonly queues: Map<string, QueueConfig>
  /** Queues that start or stop, each with what ends when that is over. */
  readonly turns: Map<string, Promise<void>>
  /** What the foreman is to start for a queue. */
  readonly queueSpec: (queue: QueueConfig) => ChildSpec
  /** Worker modules of which it was told that they do not load. */
  readonly failedModules: Set<string>
  /** What was set up for inline queues that have not started yet. */
  readonly prepared: Map<string, Surroundings>
  /** Threads come up a few at a time. */
  readonly boots: PQueue
  /** Whether this node leads. */
  readonly leadership: Leadership
  /** The periodic jobs, and which of their runs are dealt with. */
  readonly crontab: Crontab
  /** Stands in for the clock of the database; null for that itself. */
  readonly databaseNow: () => string | null
  /** What does not work now. */
  readonly faults: Faults
  /** What goes on over connections of its own. */
  readonly errands: Set<Promise<unknown>>
  /** Where jobs insert and find jobs. */
  readonly store: Store
  /** Whom this node hears. */
  readonly reach: Reach
  /** What this node has asked of all and not heard itself yet. */
  readonly sentSignals: SentSignals
  /** How this node speaks to others. */
  readonly outlet: Outlet
  /** The same for bodies on the main thread. */
  readonly insertion: Enqueuer
  /** Replaced when the database actor restarts. */
  connections: Connections
  /** Sends to an actor by name; false when nobody has it now. */
  readonly tell: Tell
  readonly whereis: Whereis
  /** The whole tree, as plain JSON. */
  readonly describe: () => TreeDescription
}

/**
 * How a queue is set now.
 *
 * @throws {Error} when this node has no such queue
 */
export function queueSettings({ queues }: Runtime, queue: string): QueueConfig {
  const settings = queues.get(queue)
  if (settings === undefined) throw new Error(`queue "${queue}" has no settings`)

  return settings
}

/** Begin a tenure of a queue; what came before it is only wound up from now on. */
export function beginTenure(runtime: Runtime, queue: string): Tenure {
  const { tenures, clock } = runtime
  retireTenures(runtime, queue)
  const tenure = new Tenure(randomUUID(), queue, clock.now())
  tenures.add(tenure)

  return tenure
}

/** Nothing begins any more under what a queue has worked with; the comparison gives back the rest. */
export function retireTenures({ pools, tell, tenures }: Runtime, queue: string): void {
  for (const tenure of tenures) {
    if (tenure.queue !== queue || tenure.phase === 'retired') continue
    const hasUnstarted = tenure.backlog.size > 0
    tenure.retire()
    const pool = pools.get(tenure)
    if (pool instanceof ThreadPool) pool.handBack()
    if (hasUnstarted) tell('refresher', { type: 'beat.now' })
  }
}

/** The tenure under which a queue works now. */
export function currentTenure({ tenures }: Runtime, queue: string): Tenure | undefined {
  return [...tenures].find((tenure) => tenure.queue === queue && tenure.phase !== 'retired')
}
