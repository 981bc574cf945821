/** What the lifeline does to the database. */
import type { LifelineInput, Look, Rescue } from '../../actors/lifeline.ts'
import { lookProducers, removeProducer, rescueJobs } from '../../engine/producers.ts'
import { isOverdue } from '../../engine/refusal.ts'
import type { Pulse } from '../../protocol/vitality.ts'
import { emit } from '../../telemetry/channels.ts'
import { spanOf } from '../../telemetry/span.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'

/** Time between looks. */
const LOOK_MS = 2_000

/** Most jobs that one statement rescues: some ten milliseconds, where two seconds are allowed. */
const RESCUE_LIMIT = 1_000

const lookSpan = spanOf('lifeline.look')
const rescueSpan = spanOf('lifeline.rescue')

const ORPHANED = JSON.stringify({
  error: 'OBAN_JOB_ORPHANED: the node that ran the last attempt died',
})

export function lifelineInput(runtime: Runtime): LifelineInput {
  const { clock, origin } = runtime

  return {
    intervalMs: LOOK_MS,
    now: clock.now,
    limit: RESCUE_LIMIT,
    look: (signal) => look(runtime, signal),
    rescue: (dead, limit, signal) => rescue(runtime, dead, limit, signal),
    onFailed: (error) => {
      reportFailure(origin, 'lifeline', error)
    },
  }
}

/** Look at every producer there is; rows of dead ones that hold nothing any more are swept away. */
async function look(runtime: Runtime, signal: AbortSignal): Promise<Look> {
  const { found } = await lookSpan.around(
    runtime.origin,
    () => sweep(runtime, signal),
    ({ found: { producers, abandoned }, removedCount }) => ({
      producerCount: producers.length + abandoned.length,
      removedCount,
    }),
  )

  return found
}

async function sweep({ clock, connections }: Runtime, signal: AbortSignal) {
  const db = { ...connections.rescue, signal }
  const sentAtMs = clock.monotonicMs()
  const rows = await lookProducers(db)
  const abandoned: Pulse[] = []
  let removedCount = 0
  for (const { uuid, beat, dead } of rows) {
    if (dead === 'f') continue
    const removed = await removeProducer(db, uuid)
    if (removed.length === 0) abandoned.push({ uuid, beat })
    else removedCount += 1
  }
  const producers = rows.filter(({ dead }) => dead === 'f')

  return { found: { sentAtMs, producers, abandoned }, removedCount }
}

/** Rescue what dead producers held, page after page of up to `limit` jobs. */
export async function rescue(
  runtime: Runtime,
  dead: readonly Pulse[],
  limit: number,
  signal: AbortSignal,
): Promise<Rescue> {
  try {
    for (const pulse of dead) {
      let count = limit
      while (count === limit) count = await rescuePage(runtime, pulse, limit, signal)
    }

    return { timeout: undefined }
  } catch (error) {
    if (!isOverdue(error)) throw error

    return { timeout: error }
  }
}

async function rescuePage(
  { connections, origin, outlet }: Runtime,
  { uuid, beat }: Pulse,
  limit: number,
  signal: AbortSignal,
): Promise<number> {
  const channel = outlet.riding('insert') ?? ''
  const db = { ...connections.rescue, signal }
  const rescued = await rescueSpan.around(
    { ...origin, producer: uuid },
    async () => {
      const rows = await rescueJobs(db, uuid, beat, ORPHANED, channel, limit)

      return rows.map(({ id, queue, state }) => ({ id: Number(id), queue, state }))
    },
    (jobs) => ({ rescued: jobs }),
  )
  if (rescued.length === 0) return 0
  const available = rescued.filter(({ state }) => state === 'available')
  const queues = new Set(available.map(({ queue }) => queue))
  outlet.echo(
    'insert',
    [...queues].map((queue) => ({ queue })),
  )
  emit('lifeline.rescue', { ...origin, rescued })

  return rescued.length
}
