/**
 * Answers an orchestrator over HTTP. `/live`: restart this process when it fails. `/ready`: count it as
 * started, until it begins to stop. `/health`: everything, for people and monitors.
 *
 * Neither of the first two asks the database: an outage is no reason to restart every node, and a
 * node without one goes on by itself as soon as it is back.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { NotRunningError } from '../../errors.ts'
import type { Health } from '../../health.ts'
import { banner } from '../../telemetry/words.ts'
import type { HealthAddress } from '../settings/health.ts'

/** Where the node is in its life; `failed` when its tree has given up. */
export type Phase = 'failed' | 'running' | 'starting' | 'stopping'

export interface HealthSource {
  readonly phase: () => Phase
  /** Asked while it is running only. */
  readonly health: () => Promise<Health>
}

export interface HealthServer {
  readonly url: string
  /** Takes no more requests, and resolves when nothing of it is left. */
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly body: object
}

/** A probe asks on one connection at a time; others can wait. */
const MOST_CONNECTIONS = 64
const REQUEST_MS = 5_000
const CHECK_MS = 1_000
const MOST_HEADER_BYTES = 8_192

/** @throws {Error} when the port cannot be had */
export async function serveHealth(
  { host, port }: HealthAddress,
  source: HealthSource,
): Promise<HealthServer> {
  const server = createServer(
    {
      requestTimeout: REQUEST_MS,
      headersTimeout: REQUEST_MS,
      keepAliveTimeout: REQUEST_MS,
      // By default Node.js looks after half a minute: until then 64 silent clients would be all of them,
      // and the probe that gets no answer restarts the node.
      connectionsCheckingInterval: CHECK_MS,
      maxHeaderSize: MOST_HEADER_BYTES,
    },
    (request, response) => {
      void respond(request, response, source)
    },
  )
  server.maxConnections = MOST_CONNECTIONS
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new Error(`the health endpoint cannot have port ${port} of ${host}: ${reasonOf(error)}`, {
      cause: error,
    })
  }

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${portOf(server)}`,
    close: () => closeServer(server),
  }
}

function reasonOf(error: unknown): string {
  switch (Object(error).code) {
    case 'EADDRINUSE':
      return 'another process listens there; choose another with --health-port'
    case 'EACCES':
      return 'this user may not; choose one from 1024'
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address; choose another with --health-host'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}

function portOf(server: Server): number | string {
  const address = server.address()

  return typeof address === 'object' && address !== null ? address.port : ''
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
    // A client that keeps its connection open would hold up the end.
    server.closeAllConnections()
  })
}

async function respond(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  source: HealthSource,
): Promise<void> {
  const { status, body } = await answer(method, url.split('?', 1)[0] ?? '', source)
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  })
  // Of an answer to HEAD Node.js sends the head only.
  response.end(text)
}

async function answer(
  method: string | undefined,
  path: string,
  { phase, health }: HealthSource,
): Promise<Answer> {
  const now = phase()
  if (path !== '/live' && path !== '/ready' && path !== '/health') {
    return { status: 404, body: { error: 'there are /live, /ready and /health' } }
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, body: { error: 'only GET and HEAD are answered' } }
  }
  if (path === '/live') {
    return { status: now === 'failed' ? 503 : 200, body: { live: now !== 'failed', phase: now } }
  }
  const isRunning = now === 'running'
  if (path === '/ready') {
    return { status: isRunning ? 200 : 503, body: { ready: isRunning, phase: now } }
  }

  return isRunning ? answerHealth(health) : { status: 503, body: { ok: false, phase: now } }
}

async function answerHealth(health: HealthSource['health']): Promise<Answer> {
  try {
    const body = await health()

    return { status: body.ok ? 200 : 503, body: { ...body, phase: 'running' } }
  } catch (error) {
    // It has begun to stop, or has given up, while it was asked.
    if (error instanceof NotRunningError) {
      return { status: 503, body: { ok: false, phase: 'stopping' } }
    }

    return { status: 503, body: { ok: false, error: banner(error) } }
  }
}
