import { Client } from 'pg'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Health } from '../../src/health.ts'
import { install } from '../../src/engine/migrator.ts'
import type { Oban } from '../../src/oban.ts'
import { defineWorker } from '../../src/worker.ts'
import { useDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { makeOban, startOban } from '../support/oban.ts'
import { startProxy } from '../support/proxy.ts'
import { startPrivateServer } from '../support/server.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers, oban_ts_leaders'))

const held = gate()
const Hold = defineWorker({ name: 'Hold', process: (_, { signal }) => held.pass(signal) })

const inline = (limit: number, paused = false) => ({ limit, paused, execution: 'inline' as const })
const work = { workers: [Hold], queues: { default: inline(2), media: inline(5, true) } }

/** Producers register after the start, and again after an outage; nothing tells of it. */
async function untilOk(oban: Oban): Promise<Health> {
  for (;;) {
    const health = await oban.health()
    if (health.ok) return health
  }
}

describe('health', () => {
  test('tells how everything is', async () => {
    const { oban, told } = await startOban({ database: database.url, node: 'web.1', ...work })
    await told.until('peer.election')
    await told.hears()
    await database.query(
      `INSERT INTO oban_jobs (worker, queue, priority, scheduled_at)
       SELECT 'Hold', 'media', n, timezone('UTC', now()) - n * interval '1 hour'
         FROM generate_series(1, 3) AS n`,
    )
    await oban.enqueue(Hold.new())
    await held.reached()
    const health = await untilOk(oban)

    expect(health).toEqual({
      ok: true,
      instance: oban.name,
      node: 'web.1',
      database: 'up',
      notifier: 'solitary',
      leader: { isLeader: true, node: 'web.1' },
      queues: [
        {
          queue: 'default',
          limit: 2,
          paused: false,
          up: true,
          running: 1,
          available: 0,
          executing: 1,
          oldestAvailableSeconds: null,
        },
        {
          queue: 'media',
          limit: 5,
          paused: true,
          up: true,
          running: 0,
          available: 3,
          executing: 0,
          oldestAvailableSeconds: expect.any(Number),
        },
      ],
      problems: [],
    })
    expect(health.queues[1]?.oldestAvailableSeconds).toBeGreaterThanOrEqual(3 * 3_600)
    expect(health.queues[1]?.oldestAvailableSeconds).toBeLessThan(3 * 3_600 + 60)
    held.open()
  })

  test('is shared by those who ask at the same time', async () => {
    const { oban } = await startOban({ database: database.url })
    const [a, b] = await Promise.all([oban.health(), oban.health()])

    expect(a).toBe(b)
    expect(await oban.health()).not.toBe(a)
  })

  test('needs an instance that has started, and tells so', async () => {
    const { oban } = makeOban({ database: database.url })
    await expect(oban.health()).rejects.toMatchObject({ code: 'OBAN_NOT_RUNNING' })
    await oban.start()
    await oban.stop()

    await expect(oban.health()).rejects.toMatchObject({ code: 'OBAN_NOT_RUNNING' })
  })

  test('says what is down, since when and why, and recovers', async () => {
    const server = await startPrivateServer()
    onTestFinished(() => server.remove())
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await install(client, { prefix: 'public' })
    await client.end()
    const { oban, told } = await startOban({ database: server.url, ...work })
    await told.hears()
    await untilOk(oban)
    const beforeMs = Date.now()
    await server.stop()
    await told.until('notifier.switch', ({ status }) => status === 'isolated')
    const first = await oban.health()
    const second = await oban.health()

    expect(first).toMatchObject({ ok: false, database: 'down', notifier: 'isolated' })
    expect(first.problems.map(({ part }) => part)).toEqual(['database', 'notifier'])
    expect(first.problems[0]?.reason).toContain('ECONNREFUSED')
    expect(first.problems[0]?.since?.getTime()).toBeGreaterThanOrEqual(beforeMs)
    expect(second.problems[0]?.since).toEqual(first.problems[0]?.since)
    expect(first.queues).toMatchObject([
      { queue: 'default', up: true, available: null },
      { queue: 'media', up: true, available: null },
    ])
    await server.start()
    await told.until(
      'notifier.switch',
      (event) => told.all('notifier.switch').indexOf(event) > 1 && event.status !== 'isolated',
    )

    expect(await untilOk(oban)).toMatchObject({ database: 'up', problems: [] })
  })

  test('does not wait for a database that is silent', async () => {
    const proxy = await startProxy(database.url)
    const { oban, told } = await startOban({ database: proxy.url })
    await told.hears()
    proxy.swallow()
    const startedAt = performance.now()
    const health = await oban.health()

    expect(performance.now() - startedAt).toBeLessThan(3_000)
    expect(health).toMatchObject({
      ok: false,
      database: 'down',
      // The notifier may have noticed by itself.
      problems: expect.arrayContaining([
        expect.objectContaining({ part: 'database', reason: expect.stringContaining('2000 ms') }),
      ]),
    })
    proxy.heal()
  })

  test('is not ok while a queue drains', async () => {
    const passing = gate()
    const Pass = defineWorker({ name: 'Pass', process: (_, { signal }) => passing.pass(signal) })
    const { oban } = await startOban({
      database: database.url,
      workers: [Pass],
      queues: { default: inline(1) },
    })
    await untilOk(oban)
    await oban.enqueue(Pass.new())
    await passing.reached()
    const stopped = oban.stop()
    const health = await oban.health()
    passing.open()
    await stopped

    expect(health).toMatchObject({ ok: false, problems: [{ part: 'queue/default' }] })
  })
})
