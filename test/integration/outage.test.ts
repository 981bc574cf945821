import { Client, Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { say } from '../support/say.ts'
import { startPrivateServer, type PrivateServer } from '../support/server.ts'

let server: PrivateServer

async function query(text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

beforeAll(async () => {
  server = await startPrivateServer()
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await install(client, { prefix: 'public' })
  await client.end()
})
afterAll(() => server.remove())
beforeEach(() => query('TRUNCATE oban_jobs, oban_ts_producers'))

const startThreads = () =>
  startOban({
    database: server.url,
    workers: [workerModule],
    queues: { default: 5 },
    shutdownGracePeriod: { seconds: 1 },
  })

describe('an outage of the database', () => {
  test('does not hold up stop() for long, which tells what could not be stored', async () => {
    const { oban, told } = await startThreads()
    await oban.enqueue('Wait', { word: 'go' })
    await told.until('job.log')
    await server.kill9()
    say('go')
    const startedAt = performance.now()
    await oban.stop()
    const tookMs = performance.now() - startedAt
    await server.start()

    expect(tookMs).toBeGreaterThan(4_000)
    expect(tookMs).toBeLessThan(12_000)
    expect(told.all('instance.stop')).toMatchObject([{ undelivered: 1 }])
    // The row, and the producer that a lifeline will find dead, say what is known.
    expect(await query('SELECT state FROM oban_jobs')).toEqual([{ state: 'executing' }])
    expect(await query('SELECT queue FROM oban_ts_producers')).toEqual([{ queue: 'default' }])
  })

  test('is waited out by what ran meanwhile, and by every part of a node', async () => {
    const { oban, told } = await startThreads()
    const { id } = await oban.enqueue('Wait', { word: 'on' })
    await told.until('job.log')
    await server.kill9()
    say('on')
    await told.until('query.failed', ({ source }) => source === 'acker')
    await told.until('query.failed', ({ source }) => source === 'notifier')
    await told.until('query.failed', ({ source }) => source === 'stager')
    await server.start()
    await told.ended(id)
    const next = await oban.enqueue('Echo', {})
    await told.ended(next.id)

    expect(await oban.getJob(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect(told.all('supervisor.report')).toEqual([])
  })

  test('is over for a queue that it kept from entering the database as soon as it is for all', async () => {
    const { oban, told } = await startOban({ database: server.url, workers: [workerModule] })
    await server.kill9()
    await oban.startQueue('late', 1, { localOnly: true })
    // Its producer would wait for half a minute in the end; the heart tries again each second.
    await told.until('query.failed', ({ source }) => source === 'queue/late/producer')
    await told.until('query.failed', ({ source }) => source === 'refresher')
    await server.start()
    const { id } = await oban.enqueue('Echo', {}, { queue: 'late' })
    await told.ended(id)

    expect(await oban.getJob(id)).toMatchObject({ state: 'completed', attempt: 1 })
  })

  test('does not end a process that only enqueues', async () => {
    const { oban } = makeOban({ database: server.url })
    await oban.enqueue('Echo', {}, { queue: 'nowhere' })
    await server.kill9()
    await expect(oban.enqueue('Echo', {})).rejects.toThrow(/ECONNREFUSED|terminat/)
    await server.start()

    expect(await oban.enqueue('Echo', {}, { queue: 'nowhere' })).toMatchObject({ attempt: 0 })
  })

  test('does not end a process whose own pool has lost an idle connection', async () => {
    const pool = new Pool({ connectionString: server.url })
    const { oban } = makeOban({ database: { pool } })
    onTestFinished(() => pool.end())
    await oban.enqueue('Echo', {}, { queue: 'nowhere' })
    expect([pool.idleCount, pool.listenerCount('error')]).toEqual([1, 1])
    // Without a listener of ours this is thrown at the process.
    const lost = new Promise((resolve) => {
      pool.once('remove', resolve)
    })
    await server.kill9()
    await lost
    await server.start()

    expect(await oban.enqueue('Echo', {}, { queue: 'nowhere' })).toMatchObject({ attempt: 0 })
    await oban.stop()
    expect(pool.listenerCount('error')).toBe(0)
  })

  test('is waited for by start()', async () => {
    await server.kill9()
    const { oban } = makeOban({ database: server.url, queues: { default: 1 } })
    const started = oban.start()
    await server.start()
    await started

    expect(oban.checkAllQueues()).toHaveLength(1)
  })
})

describe('a wrong password', () => {
  test('is told at once', async () => {
    const url = new URL(server.url)
    url.password = 'wrong'
    const { oban } = makeOban({ database: url.href, queues: { default: 1 } })
    const startedAt = performance.now()
    await expect(oban.start()).rejects.toMatchObject({
      code: 'OBAN_DATABASE_UNREACHABLE',
      message: expect.not.stringContaining('wrong@'),
    })

    expect(performance.now() - startedAt).toBeLessThan(3_000)
  })
})
