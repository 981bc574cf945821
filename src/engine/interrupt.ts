/** Ends the statement that the server works on for a session, as nobody waits for it any more. */
import { connect } from 'node:net'
import type { Client } from 'pg'
import { systemClock } from '../clock.ts'

/** The protocol's code for such a request, and how long one is. */
const CANCEL = 80_877_102
const LENGTH = 16

/** The longest wait for the server to take the request. */
const ANSWER_MS = 1_000

/** How long after a request the next one follows. */
const AGAIN_MS = 200

/**
 * Ask the server to cancel what it does for a client; resolves when it has been told, or cannot be.
 *
 * Over a connection of its own, as the protocol wants it, and through a pooler too. Unencrypted, as psql
 * did it for decades: the key in it can cancel a statement of this one session, and nothing else.
 */
export function interrupt(client: Client): Promise<void> {
  const request = requestFor(client)
  if (request === undefined) return Promise.resolve()
  const { host, port } = client

  return new Promise((resolve) => {
    const socket = host.startsWith('/')
      ? connect(`${host}/.s.PGSQL.${port}`)
      : connect({ host, port })
    socket.setTimeout(ANSWER_MS, () => {
      socket.destroy()
    })
    // A server that cannot be reached ends the statement by its own limit; `close` follows.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      resolve()
    })
    socket.on('connect', () => {
      socket.end(request)
    })
    // The server closes the connection when the statement has been signalled.
    socket.resume()
  })
}

/**
 * Ask so until the statement is answered: the server forgets a request that reaches it between two messages of
 * one. The returned function tells of the answer, and resolves when no request is under way that could hit
 * the next statement; one that the server is late to take up still may.
 */
export function interruptUntilAnswered(client: Client): () => Promise<void> {
  let isAnswered = false
  let forget: (() => void) | undefined
  const insist = async () => {
    await interrupt(client)
    if (isAnswered) return
    forget = systemClock.after(AGAIN_MS, () => {
      request = insist()
    })
  }
  let request = insist()

  return () => {
    isAnswered = true
    forget?.()

    return request
  }
}

/**
 * Ask twice, where nobody is left to hear the answer: the server may forget the first, and that session has no
 * next statement to hit.
 */
export async function interruptForGood(client: Client): Promise<void> {
  await interrupt(client)
  await new Promise<void>((resolve) => {
    systemClock.after(AGAIN_MS, resolve, { keepAlive: true })
  })
  await interrupt(client)
}

/** Undefined before the server has told the session's number and key. */
function requestFor(client: Client): Buffer | undefined {
  // Typed nowhere, and there since the driver's first version.
  const processId: unknown = Reflect.get(client, 'processID')
  const key: unknown = Reflect.get(client, 'secretKey')
  if (typeof processId !== 'number' || typeof key !== 'number') return undefined
  const request = Buffer.alloc(LENGTH)
  for (const [index, part] of [LENGTH, CANCEL, processId, key].entries()) {
    request.writeInt32BE(part | 0, index * 4)
  }

  return request
}
