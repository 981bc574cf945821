/** Caretakers whose statements take too long: they ask for less, and hold nobody up. */
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { rescue } from '../../src/runtime/harbor/rescue.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'
import { startTree } from '../support/tree.ts'
import { untilServer } from '../support/until-rows.ts'

const database = useDatabase()
beforeEach(async () => {
  await database.query('DROP TRIGGER IF EXISTS slow ON oban_jobs')
  await database.query('TRUNCATE oban_jobs, oban_ts_producers, oban_ts_leaders')
})

/** Let each change of a job from one state to another take so long. */
async function slowDown(from: string, to: string, seconds: number): Promise<void> {
  await database.query(
    `CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN PERFORM pg_sleep(${seconds}); RETURN NEW; END $$`,
  )
  await database.query(
    `CREATE TRIGGER slow BEFORE UPDATE ON oban_jobs FOR EACH ROW
       WHEN (OLD.state = '${from}' AND NEW.state = '${to}') EXECUTE FUNCTION slow()`,
  )
}

const insertJobs = (count: number, columns: Readonly<Record<string, string>>) =>
  database.query(
    `INSERT INTO oban_jobs (worker, ${Object.keys(columns).join(', ')})
     SELECT 'Echo', ${Object.values(columns).join(', ')} FROM generate_series(1, ${count})`,
  )

const producer = async (deadAt: string) => {
  const uuid = randomUUID()
  await database.query(
    `INSERT INTO oban_ts_producers (uuid, name, node, queue, dead_at)
     VALUES ('${uuid}', 'Oban', 'gone', 'q', ${deadAt})`,
  )

  return uuid
}

/** A session that holds locks until the test ends. */
async function hold(locks: string): Promise<void> {
  const client = await connectTo(database.url)
  await client.query(`BEGIN; ${locks}`)
}

const due = { state: `'scheduled'`, scheduled_at: `now() - interval '1 minute'` }

const counts = () =>
  database.query('SELECT state, count(*)::int FROM oban_jobs GROUP BY state ORDER BY state')

const isFrom = (wanted: string) => (event: { readonly source: string }) => event.source === wanted

describe('a caretaker with a statement that takes too long', () => {
  test('stages fewer jobs at once', async () => {
    await slowDown('scheduled', 'available', 0.03)
    await insertJobs(250, { ...due, queue: `'q'` })
    const { oban, told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { q: { limit: 1, paused: true } },
      stager: { limit: 250 },
    })
    await told.until('query.failed', isFrom('stager'))
    const { stagedCount } = await told.until('stager.stage', (event) => event.stagedCount > 0)

    expect(stagedCount).toBe(125)
    await oban.stop()
  }, 60_000)

  test('rescues fewer jobs at once, and none twice', async () => {
    const uuid = await producer('NULL')
    await insertJobs(500, {
      state: `'executing'`,
      attempt: '1',
      queue: `'q'`,
      attempted_by: `ARRAY['gone', '${uuid}']`,
    })
    await slowDown('executing', 'available', 0.006)
    const { runtime, told } = await startTree(database.url, {
      queues: {},
      workers: [],
      lifeline: false,
    })
    const { signal } = new AbortController()
    const dead = [{ uuid, beat: '0' }]
    const late = await rescue(runtime, dead, 500, signal)
    expect(late.timeout).toBeInstanceOf(Error)
    expect(await counts()).toEqual([{ state: 'executing', count: 500 }])
    const inTime = await rescue(runtime, dead, 100, signal)

    expect(inTime).toEqual({ timeout: undefined })
    expect(told.all('lifeline.rescue').map(({ rescued }) => rescued.length)).toEqual([
      100, 100, 100, 100, 100,
    ])
    expect(await counts()).toEqual([{ state: 'available', count: 500 }])
    expect(await database.query('SELECT DISTINCT attempt, meta FROM oban_jobs')).toEqual([
      { attempt: 1, meta: { rescued: 1 } },
    ])
  }, 60_000)
})

/** Stop an instance whose statement hangs; resolves to how long that took. */
async function stopTime({ stop }: { readonly stop: () => Promise<void> }): Promise<number> {
  const startedAt = performance.now()
  await stop()

  return performance.now() - startedAt
}

describe('an instance that stops', () => {
  test('does not wait for its stager, and ends what it does on the server', async () => {
    await slowDown('scheduled', 'available', 60)
    await insertJobs(1, { ...due, queue: `'q'` })
    const { oban } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { q: 1 },
    })
    await untilServer(database, 'working', 'oban-ts:stage', '%due AS MATERIALIZED (%')

    expect(await stopTime({ stop: () => oban.stop() })).toBeLessThan(1_000)
    await untilServer(database, 'idle', 'oban-ts:stage')
  })

  test('does not wait for its lifeline, and ends what it does on the server', async () => {
    const uuid = await producer('now()')
    await hold(`SELECT FROM oban_ts_producers WHERE uuid = '${uuid}' FOR UPDATE`)
    const { oban } = await startOban({ database: database.url })
    await untilServer(database, 'working', 'oban-ts:rescue', '%DELETE FROM%')

    expect(await stopTime({ stop: () => oban.stop() })).toBeLessThan(1_000)
    await untilServer(database, 'idle', 'oban-ts:rescue')
  })

  test('does not wait for its pruner, and ends what it does on the server', async () => {
    await hold('LOCK oban_jobs')
    const { oban } = await startOban({
      database: database.url,
      pruner: { interval: { milliseconds: 50 } },
    })
    await untilServer(database, 'working', 'oban-ts:prune')

    expect(await stopTime({ stop: () => oban.stop() })).toBeLessThan(1_000)
    await untilServer(database, 'idle', 'oban-ts:prune')
  })
})
