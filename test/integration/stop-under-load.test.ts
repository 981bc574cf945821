import { beforeEach, describe, expect, test } from 'vitest'
import { openConnections } from '../support/connections.ts'
import { useDatabase } from '../support/database.ts'
import { jobLedger, ledgerModule, type JobLedger } from '../support/job-ledger.ts'
import { startOban } from '../support/oban.ts'
import { startProxy } from '../support/proxy.ts'
import { untilRows } from '../support/until-rows.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const FOREVER_MS = 600_000

/** Many jobs, by SQL: nobody of this node is woken for each. */
const insert = (
  { folder }: JobLedger,
  worker: 'Grind' | 'Heed' | 'Take',
  { count = 1, ms = 100, queue = 'default' } = {},
) =>
  database.query(
    `INSERT INTO oban_jobs (worker, queue, args)
     SELECT '${worker}', '${queue}', $1 FROM generate_series(1, ${count})`,
    [JSON.stringify({ folder, ms })],
  )

interface Left {
  readonly worker: string
  readonly state: string
  readonly attempt: number
  readonly errors: number
  readonly ids: readonly number[]
}

const left = () =>
  database.query<Left>(
    `SELECT worker, state::text, attempt, cardinality(errors) AS errors,
            array_agg(id::integer ORDER BY id) AS ids
       FROM oban_jobs GROUP BY 1, 2, 3, 4 ORDER BY 1, 2`,
  )

const begun = (ledger: JobLedger, count: number) =>
  untilRows(database, 'SELECT', () => ledger.ids('started').length >= count)

describe('stop under full load', () => {
  test('starts nothing from then on, lets what runs finish, and leaves the rest as it was', async () => {
    const ledger = jobLedger()
    await insert(ledger, 'Take', { count: 400 })
    await insert(ledger, 'Take', { count: 400, queue: 'ahead' })
    const { oban, told } = await startOban({
      database: database.url,
      workers: [ledgerModule],
      queues: { default: { limit: 20, threads: 2 }, ahead: { limit: 5, prefetch: 100 } },
      shutdownGracePeriod: { seconds: 30 },
    })
    await begun(ledger, 60)
    const stopped = oban.stop()
    const handedOver = told.all('job.start').length
    await stopped

    // Each was handed over once, and did its work.
    expect(told.all('job.start')).toHaveLength(handedOver)
    const [waiting, completed] = await left()
    expect(completed).toMatchObject({ state: 'completed', attempt: 1, errors: 0 })
    expect(waiting).toMatchObject({ state: 'available', attempt: 0, errors: 0 })
    expect((completed?.ids.length ?? 0) + (waiting?.ids.length ?? 0)).toBe(800)
    expect(ledger.ids('started')).toEqual(completed?.ids)
    expect(ledger.ids('ended')).toEqual(completed?.ids)
    expect(await database.query('SELECT FROM oban_ts_producers')).toEqual([])
    expect(await openConnections(database)).toEqual([])
  })

  test('aborts signals at the end of the grace, then ends threads, then gives rows back', async () => {
    const ledger = jobLedger()
    await insert(ledger, 'Take', { ms: FOREVER_MS })
    await insert(ledger, 'Heed', { ms: FOREVER_MS })
    const { oban, told } = await startOban({
      database: database.url,
      workers: [ledgerModule],
      queues: { default: { limit: 20, threads: 2 } },
      shutdownGracePeriod: { seconds: 1 },
    })
    await begun(ledger, 2)
    await insert(ledger, 'Take', { count: 1_000 })
    await begun(ledger, 40)
    const startedAtMs = performance.now()
    await oban.stop()
    const tookMs = performance.now() - startedAtMs

    const [heeded, given, completed] = await left()
    expect(heeded).toMatchObject({ worker: 'Heed', state: 'available', attempt: 0, errors: 0 })
    expect(given).toMatchObject({ state: 'available', attempt: 0, errors: 0 })
    expect(completed).toMatchObject({ state: 'completed', attempt: 1, errors: 0 })
    expect(ledger.ids('OBAN_SHUTDOWN')).toEqual(heeded?.ids)
    expect(ledger.ids('ended')).toEqual(completed?.ids)
    // The grace, and a second for what does not hear its signal.
    expect(tookMs).toBeGreaterThan(2_000)
    expect(told.all('queue.shutdown')).toMatchObject([{ orphaned: [given?.ids[0]] }])
    expect(await database.query('SELECT FROM oban_ts_producers')).toEqual([])
  })

  test('does not start what waits for its thread to come up', async () => {
    const ledger = jobLedger()
    const { oban, told } = await startOban({
      database: database.url,
      workers: [ledgerModule, new URL('../fixtures/slow.js', import.meta.url)],
      queues: { default: 5 },
      shutdownGracePeriod: { seconds: 30 },
    })
    await insert(ledger, 'Take', { count: 5 })
    await oban.enqueue('Take', { folder: ledger.folder, ms: 100 })
    await told.until('job.start')
    await oban.stop()

    expect(ledger.ids('started')).toEqual([])
    expect(await left()).toMatchObject([{ state: 'available', attempt: 0, errors: 0 }])
  })

  test('goes on to its end when the database falls silent', async () => {
    const ledger = jobLedger()
    await insert(ledger, 'Take', { count: 5 })
    const proxy = await startProxy(database.url)
    const { oban, told } = await startOban({
      database: proxy.url,
      workers: [ledgerModule],
      queues: { default: 5 },
      shutdownGracePeriod: { seconds: 1 },
    })
    await begun(ledger, 5)
    proxy.swallow()
    const startedAtMs = performance.now()
    await oban.stop()

    expect(performance.now() - startedAtMs).toBeLessThan(15_000)
    expect(told.all('instance.stop')).toMatchObject([{ undelivered: 5 }])
    expect(told.all('supervisor.report')).toEqual([])
  })

  test('by force waits for its threads to be gone', async () => {
    const ledger = jobLedger()
    await insert(ledger, 'Grind')
    const { oban, told } = await startOban({
      database: database.url,
      workers: [ledgerModule],
      queues: { default: 1 },
    })
    await begun(ledger, 1)
    await oban.stop({ force: true })

    expect(told.all('thread.exit')).toMatchObject([{ thread: 1, cause: 'shutdown' }])
  })
})
