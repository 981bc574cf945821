import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { enqueueThrough } from '../../src/engine/enqueue.ts'
import { defineJob, typed } from '../../src/index.ts'
import { buildNewJob } from '../../src/job/new-job.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { makeOban } from '../support/oban.ts'
import { simulatedClock } from '../support/simulated-clock.ts'

const database = useDatabase()

const Once = defineJob({ name: 'Unique.Once', args: typed<{ key: string }>(), unique: true })

function connect() {
  return connectTo(database.url)
}

/** An instance, two clients in transactions, and keys that no other test uses. */
async function start(begin = 'BEGIN') {
  const { oban } = makeOban({ database: { pool: database.pool } })
  const clients = [await connect(), await connect()] as const
  for (const client of clients) await client.query(begin)

  return { oban, clients, a: { key: `a-${randomUUID()}` }, b: { key: `b-${randomUUID()}` } }
}

async function countOf(args: object): Promise<number> {
  return (await database.query('SELECT id FROM oban_jobs WHERE args = $1', [args])).length
}

describe('a unique job in a transaction of the caller', () => {
  test('is waited for by a call through the pool, which then finds it', async () => {
    const { oban, clients, a } = await start()
    const first = await oban.enqueue(Once.new(a), { client: clients[0] })
    const second = oban.enqueue(Once.new(a))
    await waiting(1)
    await clients[0].query('COMMIT')

    expect(await second).toMatchObject({ id: first.id, conflict: true })
  })

  test('is waited for by another transaction, which stores it when the first rolls back', async () => {
    const { oban, clients, a } = await start()
    const first = await oban.enqueue(Once.new(a), { client: clients[0] })
    const asked = sent(clients[1])
    const second = oban.enqueue(Once.new(a), { client: clients[1] })
    await asked(2)
    await clients[0].query('ROLLBACK')
    expect(await second).toMatchObject({ conflict: false })
    await clients[1].query('COMMIT')

    expect(await oban.getJob(first.id)).toBeUndefined()
    expect(await countOf(a)).toBe(1)
  })

  test('in the order A, B here and B, A there ends with OBAN_UNIQUE_LOCK, never in a deadlock', async () => {
    const { oban, clients, a, b } = await start()
    const insert = async (client: Client, keys: readonly { key: string }[]) => {
      try {
        for (const args of keys) await oban.enqueue(Once.new(args), { client })
        await client.query('COMMIT')

        return 'committed'
      } catch (error) {
        await client.query('ROLLBACK')

        return Object(error).code
      }
    }
    await oban.enqueue(Once.new(a), { client: clients[0] })
    await oban.enqueue(Once.new(b), { client: clients[1] })
    const ends = await Promise.all([insert(clients[0], [b]), insert(clients[1], [a])])

    expect(ends).toContain('OBAN_UNIQUE_LOCK')
    expect(['OBAN_UNIQUE_LOCK', 'committed']).toEqual(expect.arrayContaining(ends))
    expect([await countOf(a), await countOf(b)]).toEqual(
      ends.includes('committed') ? [1, 1] : [0, 0],
    )
  }, 30_000)

  test('in any order are both stored through the pool', async () => {
    const { oban, a, b } = await start()
    const calls = Array.from({ length: 20 }, (_, n) =>
      oban.enqueueMany((n % 2 === 0 ? [a, b] : [b, a]).map((args) => Once.new(args))),
    )
    await Promise.all(calls)

    expect([await countOf(a), await countOf(b)]).toEqual([1, 1])
  })

  test('is given up after five seconds, with the transaction left as it is', async () => {
    const { oban, clients, a } = await start()
    await oban.enqueue(Once.new(a), { client: clients[0] })
    const { clock, simulated } = simulatedClock()
    const asked: string[] = []
    const client = {
      query: async (text: string, values: (string | null)[]) => {
        asked.push(text)
        const answer = await clients[1].query(text, values)
        // Each wait is over as soon as it has begun.
        setImmediate(() => simulated.increment(100))

        return answer
      },
    }
    const options = { args: a, options: { unique: true }, worker: 'Unique.Once' }
    const job = buildNewJob(options, a)
    const refused = enqueueThrough(client, 'public', [job], null, { clock, random: () => 0 })

    await expect(refused).rejects.toMatchObject({
      name: 'UniqueLockError',
      code: 'OBAN_UNIQUE_LOCK',
      worker: 'Unique.Once',
      waitedMs: 5_000,
    })
    expect(asked.every((text) => !/\bSET\b|set_config/.test(text))).toBe(true)
    const { rows } = await clients[1].query('SELECT pg_current_xact_id_if_assigned() AS xid')
    expect(rows).toEqual([{ xid: null }])
  })

  test('is given up by a call through the pool as well', async () => {
    const { oban, clients, a } = await start()
    await oban.enqueue(Once.new(a), { client: clients[0] })

    await expect(oban.enqueue(Once.new(a))).rejects.toMatchObject({
      code: 'OBAN_UNIQUE_LOCK',
      worker: 'Unique.Once',
      waitedMs: expect.closeTo(5_000, -4),
    })
    await clients[0].query('ROLLBACK')
    expect(await oban.enqueue(Once.new(a))).toMatchObject({ conflict: false })
  }, 30_000)

  test('is refused where there is no transaction, and nothing is stored', async () => {
    const { oban, a } = await start()
    const client = await connect()

    await expect(oban.enqueue(Once.new(a), { client })).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
      problems: [{ path: 'client', message: expect.stringContaining('is in no transaction') }],
    })
    expect(await countOf(a)).toBe(0)
  })

  test.each(['REPEATABLE READ', 'SERIALIZABLE'])('is refused with %s', async (isolation) => {
    const { oban, clients, a } = await start(`BEGIN ISOLATION LEVEL ${isolation}`)

    await expect(oban.enqueue(Once.new(a), { client: clients[0] })).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
      problems: [{ message: expect.stringContaining(`with ${isolation.toLowerCase()}`) }],
    })
  })

  test('is found by the pool whatever isolation the server has by default', async () => {
    const { oban, clients, a } = await start()
    const [{ name } = { name: '' }] = await database.query<{ name: string }>(
      'SELECT current_database() AS name',
    )
    const alter = `ALTER DATABASE ${name}`
    await database.query(`${alter} SET default_transaction_isolation = 'serializable'`)
    onTestFinished(async () => {
      await database.query(`${alter} RESET default_transaction_isolation`)
    })
    const { oban: other } = makeOban({ database: database.url })
    const first = await oban.enqueue(Once.new(a), { client: clients[0] })
    const second = other.enqueue(Once.new(a))
    const third = other.enqueueMany([Once.new(a), Once.new({ key: randomUUID() })])
    await waiting(2)
    await clients[0].query('COMMIT')

    expect(await second).toMatchObject({ id: first.id, conflict: true })
    expect((await third)[0]).toMatchObject({ id: first.id, conflict: true })
  })

  test('keeps its lock over the end of a savepoint', async () => {
    const { oban, clients, a } = await start()
    await clients[0].query('SAVEPOINT s')
    await oban.enqueue(Once.new(a), { client: clients[0] })
    await clients[0].query('ROLLBACK TO s')
    const job = await oban.enqueue(Once.new(a), { client: clients[0] })
    await clients[0].query('COMMIT')

    expect(job.conflict).toBe(false)
    expect(await countOf(a)).toBe(1)
  })
})

test('a unique index of the application is told by its own error', async () => {
  const { oban, a } = await start()
  await database.query(`CREATE UNIQUE INDEX app_once ON oban_jobs ((args ->> 'key'))`)
  onTestFinished(async () => {
    await database.query('DROP INDEX app_once')
  })
  await oban.enqueue(Once.new(a))

  await expect(oban.enqueue(Once.new(a, { queue: 'other' }))).rejects.toMatchObject({
    name: 'UniqueIndexError',
    code: 'OBAN_UNIQUE_INDEX',
    cause: { constraint: 'app_once' },
  })
})

/** Resolves when that many connections to the database wait for an advisory lock. */
async function waiting(count: number): Promise<void> {
  await database.query(`
    DO $$ BEGIN
      FOR round IN 1..3000 LOOP
        EXIT WHEN ${count} = (
          SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()));
        PERFORM pg_sleep(0.001);
      END LOOP;
    END $$`)
}

/** Resolves when a client is sent its next statements, that many from now on. */
function sent(client: Client): (count: number) => Promise<void> {
  const query = client.query.bind(client)
  const watchers = new Set<() => void>()
  let seen = 0
  Object.assign(client, {
    query: (...params: readonly unknown[]) => {
      seen += 1
      for (const watcher of watchers) watcher()

      return Reflect.apply(query, undefined, params)
    },
  })

  return (count) =>
    new Promise((resolve) => {
      watchers.add(() => {
        if (seen >= count) resolve()
      })
    })
}
