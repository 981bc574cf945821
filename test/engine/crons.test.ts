import { describe, expect, onTestFinished, test } from 'vitest'
import { claimCrons, registerCrons } from '../../src/engine/crons.ts'
import { asTransaction, errand } from '../../src/engine/errand.ts'
import type { Db } from '../../src/engine/query.ts'
import { useDatabase } from '../support/database.ts'
import { schemas, useBench } from './statements.ts'

const NOW = '2026-01-01T12:00:40Z'
const NOON_MS = Date.parse('2026-01-01T12:00Z')
const MINUTE_MS = 60_000
/** Three hours, in seconds. */
const AHEAD = 10_800

const claim = (db: Db, instance: string, runs: Readonly<Record<string, number>>) =>
  claimCrons(
    db,
    instance,
    JSON.stringify(Object.entries(runs).map(([name, at_ms]) => ({ name, at_ms }))),
  )

describe.each(schemas)('crons in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test('begin with the minute after the one in which they are new', async () => {
    const { db, queue: instance } = await start()
    const [clock] = await registerCrons(db, instance, ['a'], [], AHEAD, NOW)
    expect([Number(clock?.minute_ms), Number(clock?.passed_ms)]).toEqual([NOON_MS, 40_000])

    expect(await claim(db, instance, { a: NOON_MS })).toEqual([])
    expect(await claim(db, instance, { a: NOON_MS + MINUTE_MS })).toEqual([
      { name: 'a', at_ms: String(NOON_MS + MINUTE_MS) },
    ])
  })

  test('begin at once when they are about the start', async () => {
    const { db, queue: instance } = await start()
    await registerCrons(db, instance, ['a', 'b'], ['b'], AHEAD, NOW)

    expect(await claim(db, instance, { a: NOON_MS, b: NOON_MS })).toEqual([
      { name: 'b', at_ms: String(NOON_MS) },
    ])
  })

  test('keep what ran last when they are registered again', async () => {
    const { db, queue: instance } = await start()
    await registerCrons(db, instance, ['a'], [], AHEAD, NOW)
    await registerCrons(db, instance, ['a'], [], AHEAD, '2026-01-01T11:00Z')
    await registerCrons(db, instance, ['a'], [], AHEAD, '2027-01-01T11:00Z')

    expect(await claim(db, instance, { a: NOON_MS + MINUTE_MS })).toHaveLength(1)
  })

  test('begin anew when what ran last lies hours ahead: the clock was wrong', async () => {
    const { db, queue: instance } = await start()
    const all = ['a', 'b']
    await registerCrons(db, instance, all, [], AHEAD, NOW)
    await claim(db, instance, { a: NOON_MS + 180 * MINUTE_MS, b: NOON_MS + 182 * MINUTE_MS })
    await registerCrons(db, instance, all, [], AHEAD, NOW)

    expect(await claim(db, instance, { a: NOON_MS, b: NOON_MS })).toEqual([])
    expect(await claim(db, instance, { a: NOON_MS + MINUTE_MS, b: NOON_MS + MINUTE_MS })).toEqual([
      { name: 'b', at_ms: String(NOON_MS + MINUTE_MS) },
    ])
  })

  test('begin anew when somebody has written a time that never comes', async () => {
    const { db, queue: instance, sql } = await start()
    const all = ['a', 'b', 'c', 'd']
    await registerCrons(db, instance, all, [], AHEAD, NOW)
    await sql(
      `UPDATE /*prefix*/oban_ts_crons AS cron SET last_at = written.at::timestamp
         FROM (VALUES ('a', 'infinity'), ('b', '294276-12-31 23:59:59'), ('c', '-infinity'),
                      ('d', '4713-01-01 00:00:00 BC')) AS written (name, at)
        WHERE cron.instance = $1 AND cron.name = written.name`,
      [instance],
    )
    await registerCrons(db, instance, all, [], AHEAD, NOW)
    const next = Object.fromEntries(all.map((name) => [name, NOON_MS + MINUTE_MS]))

    expect((await claim(db, instance, next)).map(({ name }) => name)).toEqual(all)
  })

  test('are won once, also for a minute that comes again', async () => {
    const { db, queue: instance } = await start()
    await registerCrons(db, instance, ['a'], [], AHEAD, NOW)
    await claim(db, instance, { a: NOON_MS + 2 * MINUTE_MS })

    expect(await claim(db, instance, { a: NOON_MS + 2 * MINUTE_MS })).toEqual([])
    expect(await claim(db, instance, { a: NOON_MS + MINUTE_MS })).toEqual([])
  })

  test('are won two minutes at a time, the older first', async () => {
    const { db, queue: instance } = await start()
    await registerCrons(db, instance, ['a', 'b'], [], AHEAD, NOW)
    const minute = (count: number) => ({ at_ms: NOON_MS + count * MINUTE_MS })
    const runs = [
      { name: 'a', ...minute(2) },
      { name: 'a', ...minute(1) },
      { name: 'b', ...minute(1) },
    ]
    const won = await claimCrons(db, instance, JSON.stringify(runs))

    expect(won.map(({ name, at_ms }) => [name, Number(at_ms) - NOON_MS])).toEqual([
      ['a', MINUTE_MS],
      ['b', MINUTE_MS],
      ['a', 2 * MINUTE_MS],
    ])
    expect(await claimCrons(db, instance, JSON.stringify(runs))).toEqual([])
  })

  test('are held apart for each instance', async () => {
    const { db, queue } = await start()
    for (const instance of [`${queue} 1`, `${queue} 2`]) {
      await registerCrons(db, instance, ['a'], [], AHEAD, NOW)

      expect(await claim(db, instance, { a: NOON_MS + MINUTE_MS })).toHaveLength(1)
    }
  })

  test('are had by the next when the first one does not commit', async () => {
    const { db, queue: instance, session } = await start()
    await registerCrons(db, instance, ['a'], [], AHEAD, NOW)
    const first = await session()
    await first.client.query('BEGIN')
    expect(await claim(first, instance, { a: NOON_MS + MINUTE_MS })).toHaveLength(1)
    const second = claim(db, instance, { a: NOON_MS + MINUTE_MS })
    await first.client.query('ROLLBACK')

    expect(await second).toHaveLength(1)
  })

  test('are not had by the next when the first one commits while it waits', async () => {
    const { db, queue: instance, session } = await start()
    await registerCrons(db, instance, ['a', 'b'], [], AHEAD, NOW)
    const first = await session()
    await first.client.query('BEGIN')
    await claim(first, instance, { a: NOON_MS + MINUTE_MS })
    const second = claim(db, instance, { a: NOON_MS + MINUTE_MS, b: NOON_MS + MINUTE_MS })
    await first.client.query('COMMIT')

    expect((await second).map(({ name }) => name)).toEqual(['b'])
  })

  test('have one winner of many at a time', async () => {
    const { db, queue: instance, session } = await start()
    await registerCrons(db, instance, ['a', 'b'], [], AHEAD, NOW)
    const sessions = await Promise.all(Array.from({ length: 8 }, session))
    const won = await Promise.all(
      sessions.map((each) =>
        claim(each, instance, { b: NOON_MS + MINUTE_MS, a: NOON_MS + MINUTE_MS }),
      ),
    )

    expect(won.flat().map(({ name }) => name)).toEqual(['a', 'b'])
  })
})

describe('an errand in a transaction', () => {
  const database = useDatabase()

  function begin() {
    const controller = new AbortController()
    const connect = { connectionString: database.url }
    const options = { role: 'cron', connect, prefix: 'public', timeoutMs: 10_000 }
    onTestFinished(() => controller.abort())

    return { controller, options: { ...options, signal: controller.signal } }
  }

  test('stores nothing when the work in it fails', async () => {
    const { options } = begin()
    const work = errand(options, (db) =>
      asTransaction(db, async () => {
        await registerCrons(db, 'failing', ['a'], [], AHEAD, NOW)
        throw new Error('no')
      }),
    )
    await expect(work).rejects.toThrow('no')

    expect(await database.query(`SELECT FROM oban_ts_crons WHERE instance = 'failing'`)).toEqual([])
  })

  test('ends when it is asked to', async () => {
    const { controller, options } = begin()
    const work = errand(options, (db) =>
      asTransaction(db, async () => {
        await registerCrons(db, 'stopped', ['a'], [], AHEAD, NOW)
        controller.abort(new Error('stopped'))
      }),
    )
    await expect(work).rejects.toThrow('stopped')

    expect(await database.query(`SELECT FROM oban_ts_crons WHERE instance = 'stopped'`)).toEqual([])
  })
})
