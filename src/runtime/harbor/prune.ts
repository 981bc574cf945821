/** What the pruner does to the database. */
import type { ClientConfig } from 'pg'
import type { Page, PrunerInput } from '../../actors/pruner.ts'
import type { PrunerConfig } from '../../config.ts'
import { pruneCancelled, pruneCompleted, pruneDiscarded } from '../../engine/jobs.ts'
import type { Db } from '../../engine/query.ts'
import { isTimeout } from '../../engine/refusal.ts'
import { emit } from '../../telemetry/channels.ts'
import { spanOf } from '../../telemetry/span.ts'
import { sendErrand } from './errands.ts'
import { isLeading } from '../nodes/lead.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'

/** The longest wait for an answer; the server gives up before, and says that it did. */
const ANSWER_MS = 10_000
const SETTINGS = { statement_timeout: '5s', lock_timeout: '1s' }

const PRUNES = {
  completed: pruneCompleted,
  cancelled: pruneCancelled,
  discarded: pruneDiscarded,
} as const

const STATES = ['completed', 'cancelled', 'discarded'] as const

const pruneSpan = spanOf('pruner.prune')

type Pruned = Record<(typeof STATES)[number], number>

export function prunerInput(
  runtime: Runtime,
  connect: ClientConfig,
  { ages, intervalMs, limit }: PrunerConfig,
): PrunerInput {
  const { origin, tell } = runtime

  return {
    intervalMs,
    limit,
    prune: (most, signal) => prunePage(runtime, connect, { ages, limit: most }, signal),
    watch: (message) => {
      tell('peer', message)
    },
    onFailed: (error) => {
      reportFailure(origin, 'pruner', error)
    },
  }
}

/** Delete up to `limit` jobs, over a connection that is opened for it. */
export async function prunePage(
  runtime: Runtime,
  connect: ClientConfig,
  { ages, limit }: Pick<PrunerConfig, 'ages' | 'limit'>,
  signal: AbortSignal,
): Promise<Page> {
  const { clock, origin } = runtime
  // A process that was frozen finds its timers due before it is told that others lead.
  if (!isLeading(runtime)) return { isFull: false, timeout: undefined }
  const startedAtMs = clock.monotonicMs()
  const pruned: Pruned = { completed: 0, cancelled: 0, discarded: 0 }
  const told = (isFull: boolean) => {
    const durationMs = clock.monotonicMs() - startedAtMs
    emit('pruner.prune', { ...origin, ...pruned, durationMs, isFull })
  }
  const options = { role: 'prune', connect, timeoutMs: ANSWER_MS, settings: SETTINGS, signal }
  try {
    await pruneSpan.around(
      origin,
      () => sendErrand(runtime, options, (db) => pruneStates(db, ages, limit, pruned)),
      () => ({ ...pruned, isFull: total(pruned) >= limit }),
    )
  } catch (error) {
    if (!isTimeout(error)) throw error
    // What came before in this page is deleted.
    told(false)

    return { isFull: false, timeout: error }
  }
  const isFull = total(pruned) >= limit
  told(isFull)

  return { isFull, timeout: undefined }
}

/** One state after the other, each with the room that is left; counts into `pruned`. */
async function pruneStates(
  db: Db,
  ages: Readonly<Pruned>,
  limit: number,
  pruned: Pruned,
): Promise<void> {
  for (const state of STATES) {
    const room = limit - total(pruned)
    if (room === 0 || ages[state] === Infinity) continue
    const [row] = await PRUNES[state](db, ages[state], room, null)
    pruned[state] = Number(row?.count ?? 0)
  }
}

function total({ completed, cancelled, discarded }: Pruned): number {
  return completed + cancelled + discarded
}
