/** One session of LISTEN on a connection of its own. */
import { randomUUID } from 'node:crypto'
import { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
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

/** The driver would give up on an answer while the server still talks. */
const PATIENT = { query_timeout: 600_000 }

/** Wait for an answer for as long as something arrives. */
async function answered(
  answer: Promise<unknown>,
  signal: AbortSignal,
  countArrivals: () => number,
): Promise<void> {
  const done = answer.then(() => 'answered' as const)
  for (;;) {
    const before = countArrivals()
    const silence = pause(ANSWER_MS, 'silent' as const, { signal, ref: false })
    const first = await Promise.race([done, silence])
    if (first === 'answered') return
    // No wait: one turn of the event loop reads the socket. A process that was held up finds its timer due
    // before it has read what arrived meanwhile, and would blame the server for its own silence.
    await nextTurn()
    if (countArrivals() === before) {
      throw new Error(`the server has said nothing for ${ANSWER_MS} ms`)
    }
  }
}

/**
 * Listen until the connection is lost, a proof fails or the signal aborts; never resolves.
 *
 * The proof is a notification to itself, which a half-open connection does not answer. Of a pooler it
 * would prove nothing, so that is asked first. Where much else arrives meanwhile the answer stands behind
 * it, and is waited for: who gives up then has lost all of it, and hears no better afterwards.
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
  let arrivals = 0
  client.on('notification', ({ channel, payload = '' }) => {
    arrivals += 1
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
      const values = [echoChannel, token]
      const answer = client.query({ text: 'SELECT pg_notify($1, $2)', values, ...PATIENT })
      await answered(answer, end, () => arrivals)
      if (heard !== token)
        throw new Error('notifications do not arrive: is there a pooler between?')
      if (!isUp) onUp()
      // Between two proofs there is nothing to wait for: what is heard, and a loss, come by events.
      await pause(ECHO_MS, undefined, { signal: end, ref: false })
    }
  } catch (error) {
    throw end.aborted ? end.reason : error
  } finally {
    closeSocket()
  }
}
