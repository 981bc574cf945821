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
import { cronInput } from '../runtime/harbor/cron.ts'
import { metricsInput } from '../runtime/harbor/metrics.ts'
import { prunerInput } from '../runtime/harbor/prune.ts'
import { reindexerInput } from '../runtime/harbor/reindex.ts'
import { reportCaretaker, reportTree } from '../runtime/report.ts'
import { lifelineInput } from '../runtime/harbor/rescue.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { stagerInput } from '../runtime/harbor/stage.ts'
import { vacuumerInput } from '../runtime/harbor/vacuum.ts'

export function harbor(runtime: Runtime, connect: ClientConfig): ChildSpec {
  return child({
    id: 'harbor',
    logic: supervisor,
    input: (): SupervisorInput => ({
      maxRestarts: 5,
      maxSeconds: 60,
      onReport: reportTree(runtime.origin, 'harbor/'),
      children: caretakers(runtime, connect),
    }),
  })
}

/** Those that the configuration asks for. */
function caretakers(runtime: Runtime, connect: ClientConfig): ChildSpec[] {
  const { leadership, lifeline: rescues, metrics: shows } = runtime.config
  const { pruner: prunes, vacuum: vacuums, reindexer: reindexes } = runtime.config
  const some = [stagerChild(runtime)]
  if (runtime.crontab.entries.length > 0) some.push(cronChild(runtime, connect))
  if (rescues) some.push(lifelineChild(runtime))
  if (leadership && prunes !== false) some.push(prunerChild(runtime, connect, prunes))
  if (leadership && vacuums !== false) some.push(vacuumerChild(runtime, connect, vacuums))
  if (leadership && reindexes !== false) some.push(reindexerChild(runtime, connect, reindexes))
  if (shows !== false) some.push(metricsChild(runtime, connect, shows))

  return some
}

/** The input of a caretaker, which is asked for each time that it starts. */
function told<Input>({ origin }: Runtime, caretaker: string, input: () => Input): () => Input {
  return () => {
    reportCaretaker(origin, caretaker)

    return input()
  }
}

function stagerChild(runtime: Runtime): ChildSpec {
  return child({
    id: 'stager',
    name: 'stager',
    logic: stager,
    input: told(runtime, 'stager', () => stagerInput(runtime)),
  })
}

function cronChild(runtime: Runtime, connect: ClientConfig): ChildSpec {
  return child({
    id: 'cron',
    name: 'cron',
    logic: cron,
    input: told(runtime, 'cron', () => cronInput(runtime, connect)),
  })
}

function lifelineChild(runtime: Runtime): ChildSpec {
  return child({
    id: 'lifeline',
    name: 'lifeline',
    logic: lifeline,
    input: told(runtime, 'lifeline', () => lifelineInput(runtime)),
  })
}

function prunerChild(runtime: Runtime, connect: ClientConfig, options: PrunerConfig): ChildSpec {
  return child({
    id: 'pruner',
    name: 'pruner',
    logic: pruner,
    input: told(runtime, 'pruner', () => prunerInput(runtime, connect, options)),
  })
}

function vacuumerChild(runtime: Runtime, connect: ClientConfig, options: VacuumConfig): ChildSpec {
  return child({
    id: 'vacuumer',
    name: 'vacuumer',
    logic: vacuumer,
    input: told(runtime, 'vacuumer', () => vacuumerInput(runtime, connect, options)),
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
    input: told(runtime, 'reindexer', () => reindexerInput(runtime, connect, options)),
  })
}

function metricsChild(runtime: Runtime, connect: ClientConfig, options: MetricsConfig): ChildSpec {
  return child({
    id: 'metrics',
    name: 'metrics',
    logic: metrics,
    input: told(runtime, 'metrics', () => metricsInput(runtime, connect, options)),
  })
}
