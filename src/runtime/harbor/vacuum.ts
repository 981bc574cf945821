/** What the vacuumer does to the database. */
import type { ClientConfig } from 'pg'
import type { Vacuum, VacuumerInput } from '../../actors/vacuumer.ts'
import type { VacuumConfig } from '../../config.ts'
import type { Db } from '../../engine/query.ts'
import { findWaiting, lookWear, upkeepOf, vacuumJobs } from '../../engine/upkeep.ts'
import type { Counters, LookBounds } from '../../protocol/wear.ts'
import { emit } from '../../telemetry/channels.ts'
import { spanOf } from '../../telemetry/span.ts'
import { sendErrand } from './errands.ts'
import { isLeading } from '../nodes/lead.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'

/** A table on which it takes longer is one for its owner's own plans. */
const ANSWER_MS = 30 * 60_000

/**
 * Time between looks at how many jobs were processed. A session tells its counts once a second at most, so sooner
 * looks would see a pace that it has not; an idle node is to ask seldom.
 */
const LOOKS: LookBounds = { leastMs: 2_000, mostMs: 5_000 }

const vacuumSpan = spanOf('vacuumer.vacuum')

export function vacuumerInput(
  runtime: Runtime,
  connect: ClientConfig,
  { every }: VacuumConfig,
): VacuumerInput {
  const { origin } = runtime

  return {
    looks: LOOKS,
    every,
    look: (signal) => look(runtime, signal),
    vacuum: (processed, signal) => vacuum(runtime, connect, processed, signal),
    isInTheWay: (signal) => isInTheWay(runtime, signal),
    watch: (message) => {
      runtime.tell('peer', message)
    },
    onDenied: () => {
      emit('vacuumer.denied', origin)
    },
    onFailed: (error) => {
      reportFailure(origin, 'vacuumer', error)
    },
  }
}

async function look(
  { clock, config, connections }: Runtime,
  signal: AbortSignal,
): Promise<Counters | undefined> {
  const atMs = clock.monotonicMs()
  const [row] = await lookWear({ ...connections.rescue, signal }, config.prefix)
  if (row === undefined) return undefined
  const { updates, dead, vacuums } = row

  return { atMs, updates: Number(updates), dead: Number(dead), vacuums: Number(vacuums) }
}

async function isInTheWay({ config, connections }: Runtime, signal: AbortSignal): Promise<boolean> {
  const [row] = await findWaiting({ ...connections.rescue, signal }, config.prefix)

  return row?.waiting === 't'
}

/** Vacuum the jobs table over a connection that is opened for it, unless somebody else is at it. */
export async function vacuum(
  runtime: Runtime,
  connect: ClientConfig,
  processed: number,
  signal: AbortSignal,
): Promise<Vacuum> {
  const { clock, origin } = runtime
  // A process that was frozen finds its timers due before it is told that others lead.
  if (!isLeading(runtime)) return { outcome: 'busy', tookMs: 0 }
  const startedAtMs = clock.monotonicMs()
  const options = { role: 'vacuum', connect, timeoutMs: ANSWER_MS, signal }
  const outcome = await vacuumSpan.around(
    { ...origin, processed },
    () => sendErrand(runtime, options, vacuumUnlessBusy),
    (became) => ({ outcome: became }),
  )
  const tookMs = clock.monotonicMs() - startedAtMs
  if (outcome === 'vacuumed') emit('vacuumer.vacuum', { ...origin, processed, durationMs: tookMs })

  return { outcome, tookMs }
}

async function vacuumUnlessBusy(db: Db): Promise<Vacuum['outcome']> {
  const upkeep = await upkeepOf(db)
  if (upkeep.allowed === 'f') return 'denied'
  if (upkeep.busy === 't') return 'busy'
  await vacuumJobs(db)

  return 'vacuumed'
}
