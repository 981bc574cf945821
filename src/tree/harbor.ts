/** The caretakers, which depend on nobody and on whom nobody depends. */
import type { ClientConfig } from 'pg'
import { child, supervisor, type ChildSpec, type SupervisorInput } from '../../supervisors/index.ts'
import { cron } from '../actors/cron.ts'
import { lifeline } from '../actors/lifeline.ts'
import { metrics } from '../actors/metrics.ts'
import { pruner } from '../actors/pruner.ts'
import { reindexer } from '../actors/reindexer.ts'
import { stager } from '../actors/stager.ts'
import { vacuumer } from '../actors/vacuumer.ts'
import type { MetricsConfig, PrunerConfig, VacuumConfig } from '../config.ts'
import type { ReindexerConfig } from '../config/reindexer-schema.ts'
import { look, rescue, stage } from '../runtime/care.ts'
import { cronInput } from '../runtime/cron.ts'
import { measure } from '../runtime/measure.ts'
import { prunePage } from '../runtime/prune.ts'
import { reindexerInput } from '../runtime/reindex.ts'
import { reportFailure, reportTree } from '../runtime/report.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { vacuumerInput } from '../runtime/vacuum.ts'
import { wake } from '../runtime/wake.ts'

/** Time between the lifeline's looks. */
const LOOK_MS = 2_000

/** Most jobs that one statement rescues: some ten milliseconds, where two seconds are allowed. */
const RESCUE_LIMIT = 1_000

export function harbor(runtime: Runtime, connect: ClientConfig): ChildSpec {
  const caretakers = [stagerChild(runtime)]
  const { leadership, lifeline: hasLifeline, metrics: shows } = runtime.config
  const { pruner: prunes, vacuum: vacuums, reindexer: reindexes } = runtime.config
  if (runtime.crontab.entries.length > 0) caretakers.push(cronChild(runtime, connect))
  if (hasLifeline) caretakers.push(lifelineChild(runtime))
  if (leadership && prunes !== false) caretakers.push(prunerChild(runtime, connect, prunes))
  if (leadership && vacuums !== false) caretakers.push(vacuumerChild(runtime, connect, vacuums))
  if (leadership && reindexes !== false) {
    caretakers.push(reindexerChild(runtime, connect, reindexes))
  }
  if (shows !== false) caretakers.push(metricsChild(runtime, connect, shows))

  return child({
    id: 'harbor',
    logic: supervisor,
    input: (): SupervisorInput => ({
      maxRestarts: 5,
      maxSeconds: 60,
      onReport: reportTree(runtime.origin, 'harbor/'),
      children: caretakers,
    }),
  })
}

function stagerChild(runtime: Runtime): ChildSpec {
  return child({
    id: 'stager',
    name: 'stager',
    logic: stager,
    input: () => ({
      ...runtime.config.stager,
      now: runtime.clock.now,
      stage: (limit, signal) => stage(runtime, limit, signal),
      wake: (queues) => {
        wake(runtime, queues)
      },
      onFailed: (error) => {
        reportFailure(runtime.origin, 'stager', error)
      },
    }),
  })
}

function cronChild(runtime: Runtime, connect: ClientConfig): ChildSpec {
  return child({
    id: 'cron',
    name: 'cron',
    logic: cron,
    input: () => cronInput(runtime, connect),
  })
}

function lifelineChild(runtime: Runtime): ChildSpec {
  return child({
    id: 'lifeline',
    name: 'lifeline',
    logic: lifeline,
    input: () => ({
      intervalMs: LOOK_MS,
      now: runtime.clock.now,
      limit: RESCUE_LIMIT,
      look: (signal) => look(runtime, signal),
      rescue: (dead, limit, signal) => rescue(runtime, dead, limit, signal),
      onFailed: (error) => {
        reportFailure(runtime.origin, 'lifeline', error)
      },
    }),
  })
}

function prunerChild(
  runtime: Runtime,
  connect: ClientConfig,
  { intervalMs, limit }: PrunerConfig,
): ChildSpec {
  return child({
    id: 'pruner',
    name: 'pruner',
    logic: pruner,
    input: () => ({
      intervalMs,
      limit,
      prune: (most, signal) => prunePage(runtime, connect, most, signal),
      watch: (message) => {
        runtime.tell('peer', message)
      },
      onFailed: (error) => {
        reportFailure(runtime.origin, 'pruner', error)
      },
    }),
  })
}

function vacuumerChild(runtime: Runtime, connect: ClientConfig, options: VacuumConfig): ChildSpec {
  return child({
    id: 'vacuumer',
    name: 'vacuumer',
    logic: vacuumer,
    input: () => vacuumerInput(runtime, connect, options),
  })
}

function reindexerChild(
  runtime: Runtime,
  connect: ClientConfig,
  options: ReindexerConfig,
): ChildSpec {
  return child({
    id: 'reindexer',
    name: 'reindexer',
    logic: reindexer,
    input: () => reindexerInput(runtime, connect, options),
  })
}

function metricsChild(runtime: Runtime, connect: ClientConfig, options: MetricsConfig): ChildSpec {
  return child({
    id: 'metrics',
    name: 'metrics',
    logic: metrics,
    input: () => measure(runtime, connect, options),
  })
}
