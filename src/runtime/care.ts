/** What the stager and the lifeline do to the database. */
import type { Look, Rescue } from '../actors/lifeline.ts'
import type { Staging } from '../actors/stager.ts'
import { stageJobs } from '../engine/jobs.ts'
import { lookProducers, removeProducer, rescueJobs } from '../engine/producers.ts'
import { isOverdue } from '../engine/refusal.ts'
import type { Pulse } from '../protocol/vitality.ts'
import { emit } from '../telemetry/channels.ts'
import type { Runtime } from './runtime.ts'

/** Kept with a job that was available with no attempt left. */
export const EXHAUSTED = JSON.stringify({
  error: 'OBAN_JOB_EXHAUSTED: the job was available with no attempt left',
})

const ORPHANED = JSON.stringify({
  error: 'OBAN_JOB_ORPHANED: the node that ran the last attempt died',
})

/** Stage up to `limit` jobs of this node's queues. */
export async function stage(
  { connections, queues, origin }: Runtime,
  limit: number,
  signal: AbortSignal,
): Promise<Staging> {
  if (queues.size === 0) return { queues: [], timeout: undefined }
  const db = { ...connections.fetch, signal }
  try {
    const rows = await stageJobs(db, [...queues.keys()], limit, null, EXHAUSTED)
    const available = rows.map(({ queue }) => queue)
    if (available.length > 0) {
      const stagedCount = rows.reduce((sum, { staged }) => sum + Number(staged), 0)
      emit('stager.stage', { ...origin, stagedCount, queues: available })
    }

    return { queues: available, timeout: undefined }
  } catch (error) {
    if (!isOverdue(error)) throw error

    return { queues: [], timeout: error }
  }
}

/** Look at every producer there is; rows of dead ones that hold nothing any more are swept away. */
export async function look({ clock, connections }: Runtime, signal: AbortSignal): Promise<Look> {
  const db = { ...connections.rescue, signal }
  const sentAtMs = clock.monotonicMs()
  const rows = await lookProducers(db)
  const abandoned: Pulse[] = []
  for (const { uuid, beat, dead } of rows) {
    if (dead === 'f') continue
    const removed = await removeProducer(db, uuid)
    if (removed.length === 0) abandoned.push({ uuid, beat })
  }

  return { sentAtMs, producers: rows.filter(({ dead }) => dead === 'f'), abandoned }
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
  const rows = await rescueJobs(db, uuid, beat, ORPHANED, channel, limit)
  if (rows.length === 0) return 0
  const rescued = rows.map(({ id, queue, state }) => ({ id: Number(id), queue, state }))
  const available = rescued.filter(({ state }) => state === 'available')
  const queues = new Set(available.map(({ queue }) => queue))
  outlet.echo(
    'insert',
    [...queues].map((queue) => ({ queue })),
  )
  emit('lifeline.rescue', { ...origin, rescued })

  return rescued.length
}
