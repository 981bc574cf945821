/**
 * One queue: its executors, the producer that feeds them, the watchman that lets them finish. None can
 * go on without the others: a producer that forgot what it claimed, or threads that are gone, make the
 * rest a lie. So they start again together, under a new tenure.
 */
import { child, supervisor, type ChildSpec, type SupervisorInput } from '../../supervisors/index.ts'
import { producer } from '../actors/producer.ts'
import { watchman } from '../actors/watchman.ts'
import type { QueueConfig } from '../config.ts'
import { patience } from '../patience.ts'
import { fetch, register } from '../runtime/queues/claim.ts'
import { drain } from '../runtime/queues/drain.ts'
import { inline } from '../runtime/queues/inline.ts'
import { reportFailure, reportShutdown, reportStart, reportTree } from '../runtime/report.ts'
import { beginTenure, currentTenure, queueSettings, type Runtime } from '../runtime/runtime.ts'
import { settle } from '../runtime/settle.ts'
import { threads } from '../runtime/queues/threads.ts'
import type { Run, Tenure } from '../protocol/tenure.ts'
import { spare } from '../threads/blame.ts'
import type { Pool } from '../threads/pool.ts'

/** Least time between a claim that found too little and the next. */
const COOLDOWN_MS = 5

/** How long to wait before a queue that gave up is started again. */
const PATIENCE = { firstMs: 100, longestMs: 10_000 }

export function queueTree(runtime: Runtime, queue: QueueConfig): ChildSpec {
  return child({
    id: queue.name,
    logic: supervisor,
    backoff: (restarts) => patience(restarts, PATIENCE),
    input: (): SupervisorInput => ({
      strategy: 'one_for_all',
      maxRestarts: 3,
      maxSeconds: 5,
      onReport: reportTree(runtime.origin, `queue/${queue.name}/`),
      children: [
        poolChild(runtime, queue),
        producerChild(runtime, queue.name),
        watchmanChild(runtime, queue.name),
      ],
    }),
  })
}

/** The first child begins the tenure that the others share. */
function poolChild(runtime: Runtime, { name, execution }: QueueConfig): ChildSpec {
  if (execution === 'inline') {
    return child({
      id: 'pool',
      logic: inline,
      input: () => ({ runtime, tenure: beginTenure(runtime, name) }),
    })
  }

  return child({
    id: 'pool',
    name: `queue/${name}/pool`,
    logic: supervisor,
    input: (): SupervisorInput => ({
      strategy: 'one_for_one',
      maxRestarts: 10,
      maxSeconds: 10,
      onReport: reportTree(runtime.origin, `queue/${name}/pool/`),
      shutdownMode: 'parallel',
      children: threads(runtime, beginTenure(runtime, name)),
    }),
  })
}

function producerChild(runtime: Runtime, queue: string): ChildSpec {
  return child({
    id: 'producer',
    name: `queue/${queue}/producer`,
    logic: producer,
    input: () => {
      const { tenure, pool } = workplace(runtime, queue)
      const { limit, paused, prefetch } = queueSettings(runtime, queue)

      return {
        queue,
        tenure,
        limit,
        prefetch,
        paused,
        lingering: () => lingering(runtime, tenure),
        cooldownMs: COOLDOWN_MS,
        monotonicMs: runtime.clock.monotonicMs,
        register: () => register(runtime, tenure),
        fetch: (demand, after) => fetch(runtime, tenure, demand, after),
        run: (runs) => {
          const wanted = withoutCancelled(runtime, runs)
          reportStart(runtime.origin, wanted)
          pool.run(wanted)
        },
        giveBack: (runs) => {
          settle(runtime, spare(runs))
        },
        onFailed: (error) => {
          reportFailure(runtime.origin, `queue/${queue}/producer`, error)
        },
        onDrained: () => {
          runtime.tell(`queue/${queue}/watchman`, { type: 'queue.drained' })
        },
      }
    },
  })
}

function watchmanChild(runtime: Runtime, queue: string): ChildSpec {
  return child({
    id: 'watchman',
    name: `queue/${queue}/watchman`,
    logic: watchman,
    // It has timers of its own: the grace, and a last call.
    shutdown: 'infinity',
    input: () => {
      const { tenure, pool } = workplace(runtime, queue)
      const { clock, config, origin } = runtime
      let askedAtMs = clock.monotonicMs()

      return {
        graceMs: config.shutdownGracePeriodMs,
        drain: () => {
          askedAtMs = clock.monotonicMs()

          return drain(runtime, tenure)
        },
        abort: () => {
          for (const run of tenure.running()) pool.abort(run, 'OBAN_SHUTDOWN')
        },
        onEnd: () => {
          const elapsedMs = clock.monotonicMs() - askedAtMs
          const orphaned = tenure.running().map(({ job }) => Number(job.id))
          reportShutdown(origin, { queue, elapsedMs, orphaned })
        },
      }
    },
  })
}

/** Jobs that run under earlier tenures of the same queue. */
function lingering({ tenures }: Runtime, { queue, uuid }: Tenure): number {
  let load = 0
  for (const other of tenures) if (other.queue === queue && other.uuid !== uuid) load += other.load

  return load
}

/** Those that may start; the others were cancelled before this node knew that it had them. */
function withoutCancelled(runtime: Runtime, runs: readonly Run[]): readonly Run[] {
  const wanted = runs.filter(({ isCancelled }) => !isCancelled)
  if (wanted.length < runs.length) {
    settle(runtime, spare(runs.filter(({ isCancelled }) => isCancelled)))
  }

  return wanted
}

function workplace(runtime: Runtime, queue: string): { tenure: Tenure; pool: Pool } {
  const tenure = currentTenure(runtime, queue)
  const pool = tenure && runtime.pools.get(tenure)
  if (tenure === undefined || pool === undefined) throw new Error(`queue "${queue}" has no pool`)

  return { tenure, pool }
}
