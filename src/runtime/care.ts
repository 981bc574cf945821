/** What the stager and the lifeline do to the database. */
import type { Look } from '../actors/lifeline.ts'
import { stageJobs } from '../engine/jobs.ts'
import { lookProducers, removeProducer, rescueJobs } from '../engine/producers.ts'
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

/** Stage this node's queues; resolves to those that have available jobs. */
export async function stage({ config, connections, queues, origin }: Runtime): Promise<string[]> {
  if (queues.size === 0) return []
  const { limit } = config.stager
  const rows = await stageJobs(connections.fetch, [...queues.keys()], limit, null, EXHAUSTED)
  const available = rows.map(({ queue }) => queue)
  if (available.length > 0) {
    const stagedCount = rows.reduce((sum, { staged }) => sum + Number(staged), 0)
    emit('stager.stage', { ...origin, stagedCount, queues: available })
  }

  return available
}

/** Look at every producer there is; rows of dead ones that hold nothing any more are swept away. */
export async function look({ clock, connections }: Runtime): Promise<Look> {
  const sentAtMs = clock.monotonicMs()
  const rows = await lookProducers(connections.rescue)
  for (const { uuid, dead } of rows) {
    if (dead === 't') await removeProducer(connections.rescue, uuid)
  }

  return { sentAtMs, producers: rows.filter(({ dead }) => dead === 'f') }
}

export async function rescue(
  { connections, origin, outlet }: Runtime,
  dead: readonly Pulse[],
): Promise<void> {
  const channel = outlet.riding('insert') ?? ''
  for (const { uuid, beat } of dead) {
    const rows = await rescueJobs(connections.rescue, uuid, beat, ORPHANED, channel)
    if (rows.length === 0) continue
    const rescued = rows.map(({ id, queue, state }) => ({ id: Number(id), queue, state }))
    const available = rescued.filter(({ state }) => state === 'available')
    const queues = new Set(available.map(({ queue }) => queue))
    outlet.echo(
      'insert',
      [...queues].map((queue) => ({ queue })),
    )
    emit('lifeline.rescue', { ...origin, rescued })
  }
}
