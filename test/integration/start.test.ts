import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { useDatabase } from '../support/database.ts'
import { makeOban, workerModule } from '../support/oban.ts'

const database = useDatabase()

async function elapsedMs(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await act()

  return performance.now() - startedAt
}

/** A module of workers in a file of its own. */
function moduleOf(source: string): URL {
  const folder = temporaryFolder()
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  const file = join(folder, 'workers.mjs')
  writeFileSync(file, source.replace("'oban-ts'", `'${import.meta.resolve('oban-ts')}'`))

  return pathToFileURL(file)
}

const queues = { default: 1 }

describe('start', () => {
  test('is one for all callers while it is under way, and idle afterwards', async () => {
    const { oban, told } = makeOban({ database: database.url, queues })
    await Promise.all([oban.start(), oban.start()])
    const [before] = oban.checkAllQueues()
    await oban.start()

    expect(oban.checkAllQueues()).toEqual([before])
    await told.until('producer.fetch')
    const producers = await database.query('SELECT uuid FROM oban_ts_producers')
    expect(producers).toEqual([{ uuid: before?.uuid }])
  })

  test('says what to do about a schema that is missing, and works once it is there', async () => {
    const { oban } = makeOban({ database: database.url, prefix: 'late', queues })
    await expect(oban.start()).rejects.toMatchObject({
      code: 'OBAN_SCHEMA_MISSING',
      message: expect.stringContaining('`oban install --prefix late`'),
    })
    expect(() => oban.checkQueue('default')).toThrow('is not running')
    const { install } = await import('../../src/engine/migrator.ts')
    const client = await database.pool.connect()
    try {
      await install(client, { prefix: 'late' })
    } finally {
      client.release()
    }
    await oban.start()

    expect(oban.checkQueue('default')).toMatchObject({ limit: 1 })
  })

  test('gives up on a server that is not there after ten seconds', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const address = closed.address()
    const port = typeof address === 'object' ? address?.port : undefined
    closed.close()
    const url = `postgres://me:secret@127.0.0.1:${port}/x`
    const { oban } = makeOban({ database: url, queues })
    const tookMs = await elapsedMs(() =>
      expect(oban.start()).rejects.toMatchObject({
        code: 'OBAN_DATABASE_UNREACHABLE',
        url: `postgres://me:***@127.0.0.1:${port}/x`,
      }),
    )

    expect(tookMs).toBeGreaterThan(9_000)
    expect(tookMs).toBeLessThan(13_000)
  })

  test('gives up on a server that does not answer after ten seconds', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const { oban } = makeOban({ database: `postgres://me@127.0.0.1:${port}/x`, queues })
    const tookMs = await elapsedMs(() =>
      expect(oban.start()).rejects.toMatchObject({ code: 'OBAN_DATABASE_UNREACHABLE' }),
    )

    expect(tookMs).toBeGreaterThan(9_000)
    expect(tookMs).toBeLessThan(13_000)
  })

  test('knows its queues as soon as it has resolved', async () => {
    const { oban } = makeOban({
      database: database.url,
      workers: [workerModule],
      queues: { a: 1, b: { limit: 2, execution: 'inline' } },
    })
    await oban.start()

    expect(oban.checkAllQueues().map(({ queue, limit }) => [queue, limit])).toEqual([
      ['a', 1],
      ['b', 2],
    ])
  })

  test('says at once that the server refuses us', async () => {
    const url = new URL(database.url)
    url.pathname = '/no_such_database'
    const { oban } = makeOban({ database: url.href, queues })
    const tookMs = await elapsedMs(() =>
      expect(oban.start()).rejects.toMatchObject({
        code: 'OBAN_DATABASE_UNREACHABLE',
        message: expect.stringContaining('no_such_database'),
      }),
    )

    expect(tookMs).toBeLessThan(3_000)
  })

  test('refuses two modules that claim one worker', async () => {
    const twin = moduleOf(`
      import { defineWorker } from 'oban-ts'
      export const Other = defineWorker({ name: 'Echo', process() {} })`)
    const { oban } = makeOban({
      database: database.url,
      queues,
      workers: [workerModule, twin],
    })

    await expect(oban.start()).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
      message: expect.stringMatching(/"Echo" is defined by .*bodies\.js and by .*workers\.mjs/),
    })
  })

  test('reports a module that does not load, and runs the workers of the others', async () => {
    const broken = moduleOf(`throw new Error('no licence')`)
    const { oban, told } = makeOban({
      database: database.url,
      queues,
      workers: [broken, workerModule],
    })
    await oban.start()
    const { id } = await oban.enqueue('Echo', {})
    await told.ended(id)

    const [failed] = told.all('module.failed')
    expect(failed).toMatchObject({ module: broken.href, error: new Error('no licence') })
    // The logger says why only of an error.
    expect(failed?.error).toBeInstanceOf(Error)
    expect(await oban.getJob(id)).toMatchObject({ state: 'completed' })
  })

  test('reports a module that loads in threads only, where a queue is inline', async () => {
    const picky = moduleOf(
      `import { isMainThread } from 'node:worker_threads'
      if (isMainThread) throw new Error('not here')`,
    )
    const { oban, told } = makeOban({
      database: database.url,
      queues: { default: 1, quick: { limit: 1, execution: 'inline' } },
      workers: [picky],
    })
    await oban.start()

    expect(told.all('module.failed')).toMatchObject([
      { module: picky.href, error: { message: 'not here' } },
    ])
  })

  test('refuses a module that ends its thread', async () => {
    const { oban } = makeOban({
      database: database.url,
      queues,
      workers: [moduleOf('process.exit(3)')],
    })

    await expect(oban.start()).rejects.toMatchObject({ code: 'OBAN_CONFIG' })
  })
})
