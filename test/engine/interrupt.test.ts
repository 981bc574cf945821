import { describe, expect, onTestFinished, test } from 'vitest'
import { Connection } from '../../src/engine/connection.ts'
import { errand } from '../../src/engine/errand.ts'
import { useDatabase } from '../support/database.ts'
import { startProxy } from '../support/proxy.ts'
import { untilServer } from '../support/until-rows.ts'

const database = useDatabase()

function open(url = database.url): Connection {
  const connect = { connectionString: url }
  const connection = new Connection({ role: 'test', connect, timeoutMs: 10_000 })
  onTestFinished(() => connection.close())

  return connection
}

const sleep = 'SELECT pg_sleep(60)'
const asleep = () => untilServer(database, 'working', 'oban-ts:test', sleep)
const awake = () => untilServer(database, 'idle', 'oban-ts:test', sleep)
const pid = { text: 'SELECT pg_backend_pid() AS pid' }

describe('a statement that nobody waits for', () => {
  test('is ended on the server by its signal, and its connection goes on', async () => {
    const connection = open()
    const before = (await connection.query(pid)).rows
    const end = new AbortController()
    const sleeping = connection.query({ text: sleep, signal: end.signal })
    const next = connection.query(pid)
    await asleep()
    end.abort()

    await expect(sleeping).rejects.toMatchObject({ code: '57014' })
    expect((await next).rows).toEqual(before)
    await awake()
  })

  test('is ended when the server has not heard the first request', async () => {
    const proxy = await startProxy(database.url)
    const connection = open(proxy.url)
    const end = new AbortController()
    const sleeping = connection.query({ text: sleep, signal: end.signal })
    await asleep()
    proxy.swallow()
    end.abort()
    await proxy.opened(2)
    proxy.heal()

    await expect(sleeping).rejects.toThrow('canceling statement due to user request')
    await expect(connection.query(pid)).resolves.toMatchObject({ rows: [{}] })
  })

  test('is not sent when its signal has aborted before its turn', async () => {
    const connection = open()
    const before = (await connection.query(pid)).rows
    const reason = new Error('nobody waits')
    const late = connection.query({ text: sleep, signal: AbortSignal.abort(reason) })

    await expect(late).rejects.toBe(reason)
    expect((await connection.query(pid)).rows).toEqual(before)
  })

  test('leaves the next alone when the signal comes after its end', async () => {
    const connection = open()
    const end = new AbortController()
    await connection.query({ text: 'SELECT 1', signal: end.signal })
    const next = connection.query({ text: `SELECT 1 AS one FROM pg_sleep(0.1)` })
    end.abort()

    expect((await next).rows).toEqual([{ one: 1 }])
  })

  test('is ended on the server when its connection is closed', async () => {
    const connection = open()
    const sleeping = connection.query({ text: sleep })
    await asleep()
    const [{ status }] = await Promise.all([
      sleeping.then(
        () => ({ status: 'answered' }),
        () => ({ status: 'failed' }),
      ),
      connection.close(),
    ])

    expect(status).toBe('failed')
    await awake()
  })

  test('is ended on the server with its errand', async () => {
    const end = new AbortController()
    const options = {
      role: 'test',
      connect: { connectionString: database.url },
      prefix: 'public',
      timeoutMs: 60_000,
      signal: end.signal,
    }
    const waiting = errand(options, ({ client }) => client.query({ text: sleep }))
    await asleep()
    end.abort(new Error('enough'))

    await expect(waiting).rejects.toThrow('enough')
    await awake()
  })

  test('holds up nobody when the server does not hear the request', async () => {
    const proxy = await startProxy(database.url)
    const connection = open(proxy.url)
    const sleeping = connection.query({ text: sleep })
    await asleep()
    proxy.swallow()
    const startedAt = performance.now()
    const [ended] = await Promise.allSettled([sleeping, connection.close()])

    expect(ended.status).toBe('rejected')
    expect(performance.now() - startedAt).toBeLessThan(3_000)
  })
})
