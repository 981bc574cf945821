/** What other programs and people store must stop no queue, and nothing that looks at jobs. */
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { endStates, jobStates } from '../../src/job.ts'
import { defineWorker } from '../../src/worker.ts'
import { cancel, snooze } from '../../src/worker/results.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { useDatabase } from '../support/database.ts'
import { handWritten, insertOf, type HandWritten } from '../support/hand-written.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { untilRows } from '../support/until-rows.ts'

const database = useDatabase()

/** A run that takes longer has come to a stop; it is to be told with its seed. */
const STOPPED_MS = 25_000

const INLINE = ['Strict', 'Loose', 'Late', 'No']

const THREADS = ['Echo', 'Fail', 'Snooze', 'Cancel']

const Strict = defineWorker({ name: 'Strict', process: () => {} })
const Loose = defineWorker({ name: 'Loose', args: typed<object>(), process: () => {} })
const Late = defineWorker({ name: 'Late', args: typed<object>(), process: () => snooze(3_600) })
const No = defineWorker({ name: 'No', args: typed<object>(), process: () => cancel('no') })

const rows = fc.array(
  fc.oneof(handWritten(['inline'], INLINE), handWritten(['threads'], THREADS)),
  { minLength: 40, maxLength: 50 },
)

function listenForRejections(): unknown[] {
  const rejected: unknown[] = []
  const note = (reason: unknown) => rejected.push(reason)
  process.on('unhandledRejection', note)
  onTestFinished(() => {
    process.off('unhandledRejection', note)
  })

  return rejected
}

async function store(some: readonly HandWritten[]): Promise<void> {
  await database.query('TRUNCATE oban_jobs')
  for (const row of some) await database.query(insertOf(row))
}

const start = () =>
  startOban({
    database: database.url,
    node: 'hand.1',
    workers: [workerModule, Strict, Loose, Late, No],
    queues: { inline: { limit: 5, execution: 'inline' }, threads: { limit: 5, threads: 2 } },
    pruner: { maxAge: 1, interval: { milliseconds: 100 } },
    metrics: true,
  })

/** Behind whatever stands there. */
const lastOf = async (queue: string, worker: string): Promise<number> => {
  const [row] = await database.query<{ id: string }>(
    `INSERT INTO oban_jobs (queue, worker, priority, scheduled_at)
     VALUES ($1, $2, 2147483647, 'infinity') RETURNING id`,
    [queue, worker],
  )

  return Number(row?.id)
}

/**
 * Those of a worker that nobody here knows wait for a node that does: one of them is tried now and then, and
 * meanwhile all of its name are passed over.
 */
const known = [...INLINE, ...THREADS].map((name) => `'${name}'`).join()

const waits = `state = 'available' AND queue IN ('inline', 'threads') AND worker IN (${known})`

describe('rows by hand', () => {
  test('end or wait as documented, and hold up nothing behind them', async () => {
    const rejected = listenForRejections()
    await fc.assert(
      fc.asyncProperty(rows, async (some) => {
        await store(some)
        const { oban, told } = await start()
        const ids = [await lastOf('inline', 'Loose'), await lastOf('threads', 'Echo')]
        await Promise.all(ids.map((id) => told.ended(id)))
        await told.until('pruner.prune')
        // What was due is made available now and then, and runs; what has no attempt left is discarded.
        await untilRows(
          database,
          `SELECT id FROM oban_jobs WHERE ${waits}`,
          ({ length }) => length === 0,
        )
        await oban.stop()
        const claimed = await database.query(
          `SELECT id FROM oban_jobs WHERE state = 'executing' AND attempted_by[1] = 'hand.1'`,
        )

        expect(claimed).toEqual([])
        expect(told.all('query.failed')).toEqual([])
        expect(told.all('supervisor.report')).toEqual([])
        expect(told.all('thread.exit').filter(({ cause }) => cause !== 'shutdown')).toEqual([])
      }),
      { numRuns: 2, timeout: STOPPED_MS, endOnFailure: true },
    )

    expect(rejected).toEqual([])
  })

  test('are found, changed, retried, cancelled, counted and deleted', async () => {
    const { oban } = makeOban({ database: database.url })
    await fc.assert(
      fc.asyncProperty(rows, async (some) => {
        await store(some)
        const { jobs } = await oban.listJobs({ limit: 1_000 })
        expect(jobs).toHaveLength(some.length)
        for (const { id, state, args } of jobs) {
          const changed = await oban.updateJob(id, { meta: { seen: id } })
          // As text: what compares values recurses, and ends its stack before JSON does.
          const seen = [(await oban.getJob(id))?.args, changed.args].map((one) =>
            JSON.stringify(one),
          )

          expect(changed).toMatchObject({ id, state, meta: { seen: id } })
          expect(seen).toEqual([JSON.stringify(args), JSON.stringify(args)])
        }
        const counts = await oban.countJobs({ states: jobStates })
        expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(some.length)
        const ended = jobs.filter(({ state }) => endStates.includes(state))
        expect(await oban.cancelManyJobs({ all: true })).toBe(some.length - ended.length)
        expect(await oban.retryManyJobs({ all: true })).toBe(some.length)
        expect(await oban.deleteManyJobs({ all: true })).toBe(some.length)
      }),
      { numRuns: 3, timeout: STOPPED_MS, endOnFailure: true },
    )
  })

  test('are retried with the others, whatever their numbers and dates', async () => {
    const { oban } = await startOban({
      database: database.url,
      workers: [Loose],
      queues: { inline: { limit: 1, execution: 'inline' } },
    })
    const [{ uuid } = {}] = await untilRows<{ uuid: string }>(
      database,
      `SELECT uuid::text FROM oban_ts_producers WHERE queue = 'inline'`,
      ({ length }) => length > 0,
    )
    await database.query('TRUNCATE oban_jobs')
    await database.query(
      `INSERT INTO oban_jobs (worker, queue, state, attempt, max_attempts, cancelled_at, attempted_by)
       VALUES ('Loose', 'old', 'discarded', 2147483647, 2147483647, NULL, NULL),
              ('Loose', 'old', 'discarded', 40000, 50000, NULL, NULL),
              ('Loose', 'old', 'discarded', 20, 20, NULL, NULL),
              ('Loose', 'old', 'cancelled', 1, 20, '294276-12-31 23:59:59', ARRAY['x', $1]),
              ('Loose', 'old', 'cancelled', 1, 20, 'infinity', ARRAY['x', $1])`,
      [uuid],
    )
    expect(await oban.retryManyJobs({ all: true })).toBe(5)
    const retried = await database.query(
      `SELECT state, attempt, max_attempts, scheduled_at < timezone('UTC', now()) + interval '26 s' AS soon
         FROM oban_jobs ORDER BY id`,
    )

    expect(retried).toEqual([
      { state: 'available', attempt: 2_147_483_647, max_attempts: 2_147_483_647, soon: true },
      { state: 'available', attempt: 40_000, max_attempts: 50_000, soon: true },
      { state: 'available', attempt: 20, max_attempts: 21, soon: true },
      { state: 'scheduled', attempt: 1, max_attempts: 20, soon: true },
      { state: 'scheduled', attempt: 1, max_attempts: 20, soon: true },
    ])
  })

  test('are reported by health, however long they claim to have waited', async () => {
    const { oban } = await startOban({
      database: database.url,
      workers: [Loose],
      queues: { old: { limit: 1, execution: 'inline', paused: true } },
    })
    for (const [at, least, most] of [
      [`'-infinity'`, 1.7e9, 9e9],
      [`'infinity'`, 0, 0],
      [`'4713-01-01 00:00:00 BC'`, 1.7e9, 9e9],
    ] as const) {
      await database.query('TRUNCATE oban_jobs')
      await database.query(
        `INSERT INTO oban_jobs (worker, queue, scheduled_at) VALUES ('Loose', 'old', ${at})`,
      )
      const { queues } = await oban.health()
      const seconds = queues[0]?.oldestAvailableSeconds ?? -1

      expect([seconds >= least, seconds <= most]).toEqual([true, true])
    }
  })
})
