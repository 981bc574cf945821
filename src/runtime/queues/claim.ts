/** How a producer enters the database and takes jobs from it. */
import { fetchJobs } from '../../engine/jobs.ts'
import { mirrorProducer, registerProducer } from '../../engine/producers.ts'
import { emit, listening } from '../../telemetry/channels.ts'
import { spanOf } from '../../telemetry/span.ts'
import type { Place } from '../../protocol/claim-cursor.ts'
import type { ClaimedRow } from '../../protocol/claimed-row.ts'
import type { Tenure } from '../../protocol/tenure.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'

/** An answer that took longer is not trusted: reconciliation gives its jobs back. */
const OLDEST_ANSWER_MS = 5_000

const registerSpan = spanOf('producer.register')
const fetchSpan = spanOf('producer.fetch')

/** Write the row that lets a tenure claim. Writing it again does no harm. */
export async function register(runtime: Runtime, tenure: Tenure): Promise<void> {
  const { clock, connections } = runtime
  const sentAtMs = clock.monotonicMs()
  tenure.registrations += 1
  try {
    await registerSpan.around(
      { ...runtime.origin, queue: tenure.queue },
      async () => {
        await mirror(runtime, tenure)
        // By the connection that takes the row away again: neither may overtake the other.
        await registerProducer(connections.stage, ...rowOf(runtime, tenure))
      },
      () => ({}),
    )
  } finally {
    tenure.registrations -= 1
  }
  tenure.trust(sentAtMs)
  if (tenure.phase === 'new') tenure.phase = 'held'
}

function rowOf({ config: { name, node }, queues }: Runtime, { uuid, queue }: Tenure) {
  const prefetch = queues.get(queue)?.prefetch ?? 0

  // Whoever rescues its jobs has to know that most of them may never have started.
  return [uuid, name, node, queue, prefetch > 0 ? JSON.stringify({ prefetch }) : '{}'] as const
}

/**
 * Show a tenure to Oban Pro and oban-py, where their table is. It is theirs: that we may not write to
 * it is told, and keeps no job from running.
 */
export async function mirror(runtime: Runtime, tenure: Tenure): Promise<void> {
  const { connections, origin, schema } = runtime
  if (!schema.hasProducers) return
  try {
    await mirrorProducer(connections.stage, ...rowOf(runtime, tenure))
  } catch (error) {
    reportFailure(origin, 'mirror', error)
  }
}

/** Claim up to `demand` jobs behind a place. */
export function fetch(
  runtime: Runtime,
  tenure: Tenure,
  demand: number,
  after: Place,
): Promise<ClaimedRow[]> {
  if (!fetchSpan.isHeard) return claim(runtime, tenure, demand, after)

  return fetchSpan.around(
    { ...runtime.origin, queue: tenure.queue, demand },
    () => claim(runtime, tenure, demand, after),
    (rows) => ({ fetchedCount: rows.length, ids: rows.map(({ id }) => Number(id)) }),
  )
}

async function claim(
  runtime: Runtime,
  tenure: Tenure,
  demand: number,
  after: Place,
): Promise<ClaimedRow[]> {
  const { config, clock, connections, origin } = runtime
  const sentAtMs = clock.monotonicMs()
  tenure.fetchSent()
  try {
    const leftOut = tenure.leftOut(sentAtMs)
    const { queue, uuid } = tenure
    const { fetch: db } = connections
    const rows = await fetchJobs(db, after, queue, demand, uuid, config.node, leftOut)
    const durationMs = clock.monotonicMs() - sentAtMs
    if (listening('producer.fetch')) {
      emit('producer.fetch', { ...origin, queue, demand, fetchedCount: rows.length, durationMs })
    }

    return durationMs < OLDEST_ANSWER_MS ? rows : []
  } catch (error) {
    // The answer may be lost after the claim landed.
    runtime.tell('refresher', { type: 'beat.now' })
    throw error
  } finally {
    tenure.fetchEnded()
  }
}
