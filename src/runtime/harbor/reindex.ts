/** What the reindexer does to the database. */
import type { ClientConfig } from 'pg'
import type { ReindexerInput, Reindexing } from '../../actors/reindexer.ts'
import { SEARCH_INDEXES, type ReindexerConfig } from '../../config/reindexer-schema.ts'
import { nextRun } from '../../cron/expression.ts'
import type { Db } from '../../engine/query.ts'
import { isRefusal } from '../../engine/refusal.ts'
import { dropIndex, jobsIndexes, rebuildIndex, upkeepOf } from '../../engine/upkeep.ts'
import { emit } from '../../telemetry/channels.ts'
import { spanOf } from '../../telemetry/span.ts'
import { sendErrand } from './errands.ts'
import { isLeading } from '../nodes/lead.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'

/** For what the server needs to say that it gave up. */
const MARGIN_MS = 5_000

const reindexSpan = spanOf('reindexer.reindex')

export function reindexerInput(
  runtime: Runtime,
  connect: ClientConfig,
  options: ReindexerConfig,
): ReindexerInput {
  const { clock, origin } = runtime

  return {
    now: clock.now,
    next: () => nextRun(options.schedule, clock.now(), options.timezone),
    reindex: (signal) => reindex(runtime, connect, options, signal),
    watch: (message) => {
      runtime.tell('peer', message)
    },
    onDenied: () => {
      emit('reindexer.denied', origin)
    },
    onFailed: (error) => {
      reportFailure(origin, 'reindexer', error)
    },
  }
}

/**
 * Rebuild the indexes one after the other, over a connection that is opened for it, and drop what this
 * or an earlier rebuilding has left behind. An index that cannot be rebuilt is reported.
 */
export async function reindex(
  runtime: Runtime,
  connect: ClientConfig,
  { indexes, timeoutMs }: ReindexerConfig,
  signal: AbortSignal,
): Promise<Reindexing> {
  // A process that was frozen finds its timers due before it is told that others lead.
  if (!isLeading(runtime)) return 'done'
  const options = {
    role: 'reindex',
    connect,
    timeoutMs: timeoutMs + MARGIN_MS,
    settings: { statement_timeout: `${timeoutMs}ms` },
    signal,
  }

  return reindexSpan.around(
    { ...runtime.origin, indexes },
    () => sendErrand(runtime, options, (db) => rebuildAndSweep(runtime, db, indexes)),
    (outcome) => ({ outcome }),
  )
}

async function rebuildAndSweep(
  runtime: Runtime,
  db: Db,
  indexes: readonly string[],
): Promise<Reindexing> {
  const upkeep = await upkeepOf(db)
  if (upkeep.rebuilds === 'f') return 'denied'
  // Whoever waits for the lock of an autovacuum for a second ends it.
  if (upkeep.busy === 't') return 'busy'
  const startedAtMs = runtime.clock.monotonicMs()
  const rebuilt = await rebuild(runtime, db, indexes)
  const dropped = await sweep(runtime, db)
  const durationMs = runtime.clock.monotonicMs() - startedAtMs
  emit('reindexer.reindex', { ...runtime.origin, rebuilt, dropped, durationMs })

  return 'done'
}

/** Resolves to those that were rebuilt. */
async function rebuild(runtime: Runtime, db: Db, names: readonly string[]): Promise<string[]> {
  const found = new Set((await jobsIndexes(db, db.prefix)).map(({ name }) => name))
  const rebuilt: string[] = []
  for (const name of names) {
    if (found.has(name)) {
      if (await succeeds(runtime, () => rebuildIndex(db, name))) rebuilt.push(name)
    } else if (!SEARCH_INDEXES.includes(name)) {
      reportFailure(runtime.origin, 'reindexer', new Error(`oban_jobs has no index "${name}"`))
    }
  }

  return rebuilt
}

/** Drop what interrupted rebuildings have left behind; resolves to what it was. */
async function sweep(runtime: Runtime, db: Db): Promise<string[]> {
  const dropped: string[] = []
  for (const { name, leftover } of await jobsIndexes(db, db.prefix)) {
    if (leftover === 'f') continue
    if (await succeeds(runtime, () => dropIndex(db, name))) dropped.push(name)
  }

  return dropped
}

/** What the server refuses for one index says nothing of the next; an outage ends them all. */
async function succeeds({ origin }: Runtime, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()

    return true
  } catch (error) {
    if (!isRefusal(error)) throw error
    reportFailure(origin, 'reindexer', error)

    return false
  }
}
