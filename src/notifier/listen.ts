/** One session of LISTEN on a connection of its own. */
import { randomUUID } from 'node:crypto'
import { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Client, escapeIdentifier, type ClientConfig } from 'pg'
import { refuseLent } from './lent.ts'

export interface ListenOptions {
  readonly connect: ClientConfig
  readonly channels: readonly string[]
  readonly onNotification: (channel: string, payload: string) => void
  /** The session has proved that notifications arrive. */
  readonly onUp: () => void
  /** Ends the session. */
  readonly signal: AbortSignal
}

/** Time between proofs that the session still hears, and the longest wait for each answer. */
const ECHO_MS = 5_000
const ANSWER_MS = 2_000

/**
 * Listen until the connection is lost, a proof fails or the signal aborts; never resolves.
 *
 * The proof is a notification to itself, which a half-open connection does not answer. Of a pooler it
 * would prove nothing, so that is asked first.
 *
 * @throws {Error} what ended the session
 */
export async function listen(options: ListenOptions): Promise<never> {
  const { connect, channels, onNotification, onUp, signal } = options
  const socket = new Socket()
  const ours = {
    ...connect,
    application_name: 'oban-ts:notifier',
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
  }
  const client = new Client({ ...ours, stream: () => socket })
  const loss = new AbortController()
  client.on('error', (error) => {
    loss.abort(error)
  })
  client.on('end', () => {
    loss.abort(new Error('the connection was closed'))
  })
  const echoChannel = `oban_ts_echo:${randomUUID().slice(0, 8)}`
  let heard: string | undefined
  client.on('notification', ({ channel, payload = '' }) => {
    if (channel === echoChannel) heard = payload
    else onNotification(channel, payload)
  })
  const end = AbortSignal.any([signal, loss.signal])
  const closeSocket = () => {
    socket.destroy()
  }
  end.addEventListener('abort', closeSocket, { once: true })
  try {
    end.throwIfAborted()
    await client.connect()
    await refuseLent(client, ours)
    const all = [...channels, echoChannel].map((name) => `LISTEN ${escapeIdentifier(name)}`)
    await client.query(all.join('; '))
    for (let isUp = false; ; isUp = true) {
      const token = randomUUID()
      await client.query('SELECT pg_notify($1, $2)', [echoChannel, token])
      if (heard !== token)
        throw new Error('notifications do not arrive: is there a pooler between?')
      if (!isUp) onUp()
      await pause(ECHO_MS, undefined, { signal: end, ref: false })
    }
  } catch (error) {
    throw end.aborted ? end.reason : error
  } finally {
    closeSocket()
  }
}
