/** What the cron actor does to the database: insert the jobs of the runs that this node wins. */
import { randomInt } from 'node:crypto'
import type { ClientConfig } from 'pg'
import type { CronInput } from '../../actors/cron.ts'
import { ASTRAY_MS, type CronEntry, type CronRun } from '../../cron/crontab.ts'
import { MINUTE_MS } from '../../cron/zone.ts'
import { claimCrons, registerCrons } from '../../engine/crons.ts'
import { asTransaction } from '../../engine/errand.ts'
import type { Db } from '../../engine/query.ts'
import { InvalidArgsError, InvalidJobError } from '../../errors.ts'
import type { Job } from '../../job.ts'
import type { NewJobRequest } from '../../job/new-job.ts'
import type { QueryClient } from '../../job/query-client.ts'
import { emit } from '../../telemetry/channels.ts'
import { spanOf } from '../../telemetry/span.ts'
import { sendErrand } from './errands.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'
import { wake } from '../wake.ts'

/** What a tick needs of the runtime. */
export type CronRuntime = Pick<
  Runtime,
  | 'clock'
  | 'config'
  | 'connections'
  | 'crontab'
  | 'databaseNow'
  | 'errands'
  | 'insertion'
  | 'origin'
> &
  Parameters<typeof wake>[0]

/** All jobs of a minute in one transaction have to fit. */
const ANSWER_MS = 10_000

/** A node that is frozen in the middle of its transaction keeps the others waiting for so long. */
const SETTINGS = { idle_in_transaction_session_timeout: '5s' }

/** After the minute has begun: not all nodes at the same instant, and none before it. */
const JITTER_MS = { least: 20, most: 250 }

const insertSpan = spanOf('cron.insert')

export function cronInput(runtime: CronRuntime, connect: ClientConfig): CronInput {
  const { crontab, origin } = runtime

  return {
    entries: crontab.entries.length,
    jitterMs: () => randomInt(JITTER_MS.least, JITTER_MS.most),
    tick: (signal) => tick(runtime, connect, signal),
    onFailed: (error) => {
      reportFailure(origin, 'cron', error)
    },
  }
}

/**
 * Insert what is due. The minute is the database's: however the clocks of nodes go, all of them speak of
 * the same one, and the row of an entry lets one of them have it.
 */
async function tick(
  runtime: CronRuntime,
  connect: ClientConfig,
  signal: AbortSignal,
): ReturnType<CronInput['tick']> {
  const { clock, config, connections, crontab, databaseNow } = runtime
  const { entries } = crontab
  const names = entries.map(({ name }) => name)
  const reboots = entries.filter(({ expression }) => expression.fields === null)
  const [time] = await registerCrons(
    connections.rescue,
    config.name,
    names,
    reboots.map(({ name }) => name),
    ASTRAY_MS / 1_000,
    databaseNow(),
  )
  const answeredAtMs = clock.monotonicMs()
  const minuteMs = Number(time?.minute_ms)
  const owed = crontab.owed(minuteMs)
  if (owed.length > 0) await insertRuns(runtime, connect, owed, signal)
  const passedMs = Number(time?.passed_ms) + clock.monotonicMs() - answeredAtMs

  return {
    waitMs: Math.max(0, MINUTE_MS - passedMs),
    nextRun: crontab.nextRun(new Date(minuteMs)) ?? null,
  }
}

interface Inserted {
  readonly run: CronRun
  readonly job: Pick<Job<unknown>, 'conflict' | 'id' | 'queue' | 'worker'>
}

async function insertRuns(
  runtime: CronRuntime,
  connect: ClientConfig,
  owed: readonly CronRun[],
  signal: AbortSignal,
): Promise<void> {
  const { clock, config, crontab, origin } = runtime
  const startedAtMs = clock.monotonicMs()
  const options = { role: 'cron', connect, timeoutMs: ANSWER_MS, settings: SETTINGS, signal }
  const inserted = await insertSpan.around(
    { ...origin, runCount: owed.length },
    () =>
      sendErrand(runtime, options, (db) =>
        asTransaction(db, async (held, client) =>
          insertJobs(runtime, await claim(held, config.name, owed), client),
        ),
      ),
    (made) => ({ ids: made.filter(({ job }) => !job.conflict).map(({ job }) => job.id) }),
  )
  // Not before the commit: what was rolled back is tried again.
  crontab.settle(owed)
  if (inserted.length === 0) return
  wake(runtime, new Set(inserted.map(({ job }) => job.queue)))
  // A unique worker may have found that its job exists.
  const stored = inserted.filter(({ job }) => !job.conflict)
  if (stored.length === 0) return
  const jobs = stored.map(({ run, job }) => ({
    id: job.id,
    worker: job.worker,
    queue: job.queue,
    name: run.entry.name,
    runAt: new Date(run.atMs),
  }))
  emit('cron.insert', { ...origin, jobs, durationMs: clock.monotonicMs() - startedAtMs })
}

/** The runs that this node was the first to try for; their rows are locked until the commit. */
async function claim(db: Db, instance: string, owed: readonly CronRun[]): Promise<CronRun[]> {
  const runs = owed.map(({ entry, atMs }) => ({ name: entry.name, at_ms: atMs }))
  const won = await claimCrons(db, instance, JSON.stringify(runs))
  const isOurs = ({ entry, atMs }: CronRun) =>
    won.some((row) => row.name === entry.name && Number(row.at_ms) === atMs)

  return owed.filter(isOurs)
}

async function insertJobs(
  runtime: CronRuntime,
  runs: readonly CronRun[],
  client: QueryClient,
): Promise<Inserted[]> {
  const { insertion } = runtime
  try {
    const jobs = await insertion.enqueueMany(runs.map(requestOf), { client })

    return runs.flatMap((run, index) => {
      const job = jobs[index]

      return job === undefined ? [] : [{ run, job }]
    })
  } catch (error) {
    if (!isRefused(error)) throw error
  }
  // One of them cannot be stored, which was found out before a statement was sent. The others can.
  const inserted: Inserted[] = []
  for (const run of runs) {
    try {
      inserted.push({ run, job: await insertion.enqueue(requestOf(run), { client }) })
    } catch (error) {
      if (!isRefused(error)) throw error
      reportRefusal(runtime, run.entry, error)
    }
  }

  return inserted
}

function isRefused(error: unknown): boolean {
  return error instanceof InvalidArgsError || error instanceof InvalidJobError
}

/** What would be told with every run is told once. */
function reportRefusal({ crontab, origin }: CronRuntime, entry: CronEntry, error: unknown): void {
  if (!crontab.refuse(entry)) return
  const { name, worker, expression } = entry
  emit('cron.refused', { ...origin, name, worker, expression: expression.text, error })
}

function requestOf({ entry, atMs }: CronRun): NewJobRequest {
  const { name, worker, args, options, definition, expression, timezone } = entry
  const meta = {
    ...options.meta,
    cron: true,
    cron_expr: expression.text,
    cron_tz: timezone,
    cron_name: name,
    cron_at: new Date(atMs).toISOString().replace('.000Z', 'Z'),
  }

  return { worker, args, options: { ...options, meta }, definition }
}
