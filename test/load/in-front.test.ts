import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openConnections, type Connections } from '../../src/engine/connections.ts'
import { fetchJobs, stageJobs } from '../../src/engine/jobs.ts'
import { registerProducer } from '../../src/engine/producers.ts'
import { FRONT } from '../../src/protocol/claim-cursor.ts'
import { defineWorker } from '../../src/worker.ts'
import { useDatabase } from '../support/database.ts'
import { startOban } from '../support/oban.ts'
import { AT_FRONT, mostRowsOf, scansOf } from '../support/scans.ts'

const ROWS = 100_000
const READY = 100
const UUID = '11111111-1111-4111-8111-111111111111'

const database = useDatabase()
let connections: Connections
beforeAll(() => {
  connections = openConnections({ connect: { connectionString: database.url }, prefix: 'public' })
})
afterAll(() => connections.close())
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

interface Front {
  readonly state: 'available' | 'scheduled'
  readonly worker?: string
  readonly queue?: string
  /** When they are due, from now. */
  readonly due: `${'-' | ''}1 ${'day' | 'hour'}`
}

/** Rows that stand before all others: their ids are lower. */
const insertFront = ({ state, worker = 'InFront.Ready', queue = 'busy', due }: Front) =>
  database.query(
    `INSERT INTO oban_jobs (state, worker, queue, scheduled_at)
     SELECT $1::oban_job_state, $2, $3, timezone('UTC', now()) + $4::interval
       FROM generate_series(1, ${ROWS})`,
    [state, worker, queue, due],
  )

/** Jobs that can run: half of them at once, the others as soon as they are staged. */
const insertReady = (queue: string) =>
  database.query(
    `INSERT INTO oban_jobs (worker, queue, state)
     SELECT 'InFront.Ready', $1, (ARRAY['available', 'scheduled'])[1 + n % 2]::oban_job_state
       FROM generate_series(1, ${READY}) AS n`,
    [queue],
  )

const Ready = defineWorker({ name: 'InFront.Ready', process: () => undefined })
const settings = { limit: 10, execution: 'inline' } as const

/** How long ready jobs take in a queue of their own, and behind the others, in milliseconds. */
async function drain(whenUp: (node: Awaited<ReturnType<typeof startOban>>) => Promise<unknown>) {
  const node = await startOban({
    database: database.url,
    workers: [Ready],
    queues: { busy: settings, clean: settings },
  })
  await whenUp(node)
  const timed = async (queue: string) => {
    const startedAtMs = performance.now()
    await insertReady(queue)
    const done = node.told.all('job.stop').length
    await node.told.count('job.stop', done + READY)

    return performance.now() - startedAtMs
  }
  const cleanMs = await timed('clean')

  return { cleanMs, busyMs: await timed('busy') }
}

/** Behind so many rows it may take longer, but not for each of them. */
function expectPrompt({ busyMs, cleanMs }: Awaited<ReturnType<typeof drain>>): void {
  // On a quiet machine 1.1 s, most of it until the next look of the stager, and up to 1.6 s.
  expect(busyMs).toBeLessThan(10 * cleanMs + 5_000)
}

/**
 * Claims go by the index with the queue; the stager's look reads a page of each queue, and what is due.
 * No worker is left out: where statistics say that all others are, reading the table is as good a plan.
 */
async function expectIndexed(dueElsewhere = 0): Promise<void> {
  const { fetch, stage } = connections
  await registerProducer(fetch, UUID, 'Oban', 'node', 'none', '{}')
  await fetchJobs(fetch, FRONT, 'none', 1, UUID, 'node', [])
  await stageJobs(stage, ['none'], 1, null, '{}')
  const claim = `'busy', 10, '${UUID}', 'node', '{}', ${AT_FRONT}`
  const look = `'{busy,clean}', 5000, NULL, '{}'`

  expect(await scansOf(fetch, 'Claim the next', claim)).toEqual([
    'oban_ts_producers_pkey',
    'oban_jobs_state_queue_priority_scheduled_at_id_index',
    'Tid Scan on oban_jobs',
  ])
  expect(await mostRowsOf(stage, 'One look at', look)).toBeLessThanOrEqual(200 + dueElsewhere)
}

// A hundred thousand rows are written, on a machine that does much else.
describe('ready jobs behind many others', { timeout: 120_000 }, () => {
  test('of workers that are unknown here', async () => {
    await insertFront({ state: 'available', worker: 'InFront.Unknown', due: '-1 hour' })
    await expectIndexed()

    expectPrompt(await drain(({ told }) => told.until('worker.unknown')))
  })

  test('that are due in the future', async () => {
    await insertFront({ state: 'scheduled', due: '1 day' })
    await expectIndexed()

    expectPrompt(await drain(() => Promise.resolve()))
  })

  test('that are due, in a queue that nobody runs', async () => {
    await insertFront({ state: 'scheduled', queue: 'elsewhere', due: '-1 hour' })
    await expectIndexed(ROWS)

    expectPrompt(await drain(() => Promise.resolve()))
  })

  test('that were cancelled while they stood in front', async () => {
    await insertFront({ state: 'available', queue: 'busy', due: '-1 hour' })
    const { oban } = await startOban({ database: database.url, leadership: false })
    expect(await oban.cancelManyJobs({ queue: 'busy' })).toBe(ROWS)
    await expectIndexed()

    expectPrompt(await drain(() => Promise.resolve()))
  })
})
