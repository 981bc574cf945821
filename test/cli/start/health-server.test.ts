import { createServer, request } from 'node:http'
import { createConnection } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { NotRunningError } from '../../../src/errors.ts'
import { serveHealth, type Phase } from '../../../src/cli/start/health-server.ts'
import type { Health } from '../../../src/health.ts'

const healthy: Health = {
  ok: true,
  instance: 'Oban',
  node: 'a',
  database: 'up',
  notifier: 'solitary',
  leader: { isLeader: false, node: null },
  queues: [],
  problems: [],
}

async function serve(phase: () => Phase, health = () => Promise.resolve(healthy)) {
  const server = await serveHealth({ host: '127.0.0.1', port: 0 }, { phase, health })
  onTestFinished(() => server.close())
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`${server.url}${path}`, { method })

    return [response.status, await response.text()] as const
  }

  return { server, ask }
}

/** What is answered in a phase, without the body. */
async function statusesIn(phase: Phase): Promise<number[]> {
  const { ask } = await serve(() => phase)
  const answers = await Promise.all(['/live', '/ready', '/health'].map((path) => ask(path)))

  return answers.map(([status]) => status)
}

describe('the health endpoint', () => {
  test('tells an orchestrator what it needs, in every phase', async () => {
    expect(await statusesIn('starting')).toEqual([200, 503, 503])
    expect(await statusesIn('running')).toEqual([200, 200, 200])
    expect(await statusesIn('stopping')).toEqual([200, 503, 503])
    expect(await statusesIn('failed')).toEqual([503, 503, 503])
  })

  test('answers with JSON, and HEAD with the same head', async () => {
    const { server, ask } = await serve(() => 'running')

    expect(await ask('/live')).toEqual([200, '{"live":true,"phase":"running"}\n'])
    expect(await ask('/ready?verbose')).toEqual([200, '{"ready":true,"phase":"running"}\n'])
    const [, text] = await ask('/health')
    expect(JSON.parse(text)).toEqual({ ...healthy, phase: 'running' })

    expect(await ask('/health', 'HEAD')).toEqual([200, ''])
    const { headers } = await fetch(`${server.url}/health`, { method: 'HEAD' })
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('stays alive and ready through an outage, of which /health tells', async () => {
    const { ask } = await serve(
      () => 'running',
      () => Promise.resolve({ ...healthy, ok: false, database: 'down' }),
    )

    expect((await ask('/live'))[0]).toBe(200)
    expect((await ask('/ready'))[0]).toBe(200)
    const [status, text] = await ask('/health')
    expect([status, JSON.parse(text).database]).toEqual([503, 'down'])
  })

  test('answers while the node ends under it', async () => {
    const { ask } = await serve(
      () => 'running',
      () => Promise.reject(new NotRunningError('Oban')),
    )

    expect(await ask('/health')).toEqual([503, '{"ok":false,"phase":"stopping"}\n'])
  })

  test('tells of an error that nobody foresaw', async () => {
    const { ask } = await serve(
      () => 'running',
      () => Promise.reject(new TypeError('no such thing')),
    )

    expect(await ask('/health')).toEqual([503, '{"ok":false,"error":"TypeError: no such thing"}\n'])
  })

  test('knows no other paths and methods', async () => {
    const { ask } = await serve(() => 'running')

    expect(await ask('/')).toEqual([404, '{"error":"there are /live, /ready and /health"}\n'])
    expect((await ask('/live/'))[0]).toBe(404)
    expect(await ask('/live', 'POST')).toEqual([
      405,
      '{"error":"only GET and HEAD are answered"}\n',
    ])
  })

  test('says that its port is taken, or its address none of this machine', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const port = Number(Reflect.get(Object(other.address()), 'port'))
    const source = { phase: (): Phase => 'running', health: () => Promise.resolve(healthy) }

    await expect(serveHealth({ host: '127.0.0.1', port }, source)).rejects.toThrow(
      `the health endpoint cannot have port ${port} of 127.0.0.1: another process listens there; ` +
        'choose another with --health-port',
    )
    await expect(serveHealth({ host: '192.0.2.1', port: 0 }, source)).rejects.toThrow(
      'this machine has no such address; choose another with --health-host',
    )
  })

  test('lets go within seconds of clients that ask for nothing', async () => {
    const { server, ask } = await serve(() => 'running')
    const port = Number(new URL(server.url).port)
    const silent = Array.from({ length: 64 }, () => {
      const socket = createConnection({ host: '127.0.0.1', port })
      socket.on('error', () => {})
      socket.resume()

      return new Promise<void>((resolve) => {
        socket.on('close', () => resolve())
      })
    })
    await Promise.all(silent)

    expect(await ask('/live')).toEqual([200, '{"live":true,"phase":"running"}\n'])
  }, 20_000)

  test('closes in spite of clients that keep their connections', async () => {
    const { server } = await serve(() => 'running')
    // One that says nothing, and one that asks half a question.
    const silent = createConnection(Number(new URL(server.url).port), '127.0.0.1')
    const half = request(`${server.url}/live`, { method: 'POST' })
    half.on('error', () => undefined)
    half.write('x')
    const closed = new Promise((resolve) => silent.once('close', resolve))
    await new Promise((resolve) => silent.once('connect', resolve))
    await server.close()
    await closed

    await expect(fetch(`${server.url}/live`)).rejects.toThrow('fetch failed')
  })
})
