import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../src/notifier/listen.ts'
import { useDatabase } from '../support/database.ts'
import { startProxy } from '../support/proxy.ts'
import { startStopStress } from '../support/start-stop.ts'
import { startTree } from '../support/tree.ts'

const database = useDatabase()

function startSession(url = database.url, channels: readonly string[] = ['public.oban_insert']) {
  const controller = new AbortController()
  const heard: string[] = []
  const arrivals = new EventTarget()
  const up = new Promise<void>((resolve) => {
    arrivals.addEventListener('up', () => resolve())
  })
  const ended = listen({
    connect: { connectionString: url },
    channels,
    onNotification: (channel, payload) => {
      heard.push(`${channel} ${payload}`)
      arrivals.dispatchEvent(new Event('arrival'))
    },
    onUp: () => arrivals.dispatchEvent(new Event('up')),
    signal: controller.signal,
  }).catch((error: unknown) => error)
  const arrived = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (heard.length >= count) resolve()
      }
      arrivals.addEventListener('arrival', look)
      look()
    })
  onTestFinished(() => {
    controller.abort()
  })

  return { arrived, controller, ended, heard, up }
}

const notify = (channel: string, payload: string) =>
  database.query('SELECT pg_notify($1, $2)', [channel, payload])

async function listenerPids(): Promise<number[]> {
  const rows = await database.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'oban-ts:notifier' AND datname = current_database()",
  )

  return rows.map(({ pid }) => pid)
}

describe('listen', () => {
  test('passes on what comes on its channels, and only that', async () => {
    const { arrived, heard, up } = startSession(database.url, ['public.oban_insert', 'Odd "one"'])
    await up
    await notify('public.oban_insert', '{"queue":"default"}')
    await notify('public.oban_other', 'nobody listens')
    await notify('Odd "one"', '')
    await arrived(2)

    expect(heard).toEqual(['public.oban_insert {"queue":"default"}', 'Odd "one" '])
  })

  test('ends when the server ends its session', async () => {
    const { ended, up } = startSession()
    await up
    await database.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [
      await listenerPids(),
    ])

    expect(await ended).toBeInstanceOf(Error)
  })

  test('ends when nobody lets it in', async () => {
    const { ended } = startSession('postgres://nobody:wrong@127.0.0.1:1/none')

    expect(await ended).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('ends when a server takes the connection and says nothing', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    onTestFinished(() => {
      server.close()
    })
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { ended } = startSession(`postgres://nobody@127.0.0.1:${port}/none`)

    expect(await ended).toMatchObject({ message: expect.stringContaining('timeout') })
  })

  test('notices that its connection is half open', async () => {
    const proxy = await startProxy(database.url)
    const { ended, up } = startSession(proxy.url)
    await up
    proxy.swallow()

    expect(await ended).toMatchObject({ message: 'the server has said nothing for 2000 ms' })
    await proxy.emptied()
  })

  test('closes its socket when it is aborted, and ends with the reason', async () => {
    const { controller, ended, up } = startSession()
    await up
    expect(await listenerPids()).toHaveLength(1)
    const reason = new Error('enough')
    controller.abort(reason)

    expect(await ended).toBe(reason)
  })

  test('ends at once when it is aborted before it has connected', async () => {
    const { controller, ended } = startSession()
    const reason = new Error('enough')
    controller.abort(reason)

    expect(await ended).toBe(reason)
  })

  test('connects to nothing when it was aborted before', async () => {
    const controller = new AbortController()
    controller.abort(new Error('enough'))
    const proxy = await startProxy(database.url)
    const session = listen({
      connect: { connectionString: proxy.url },
      channels: [],
      onNotification: () => undefined,
      onUp: () => undefined,
      signal: controller.signal,
    })
    await expect(session).rejects.toThrow('enough')

    expect(proxy.open()).toBe(0)
  })

  test('leaves nothing behind, whenever it is aborted', async () => {
    let round = 0
    await startStopStress(async () => {
      const { controller, ended, up } = startSession()
      round += 1
      if (round % 2 === 0) await up

      return () => {
        controller.abort()

        return ended
      }
    }, 20)
  })
})

describe('a lost listener', () => {
  test('is back within three seconds', async () => {
    const { told } = await startTree(database.url)
    await told.hears()
    const lostAtMs = performance.now()
    await database.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [
      await listenerPids(),
    ])
    await told.count('notifier.switch', 3)

    expect(performance.now() - lostAtMs).toBeLessThan(3_000)
    expect(told.all('notifier.switch').map(({ status }) => status)).toEqual([
      'solitary',
      'isolated',
      'solitary',
    ])
  })
})
