/** Listens for a moment: whether notifications arrive, and what the nodes say of themselves. */
import type { Client, ClientConfig } from 'pg'
import { systemClock } from '../../clock.ts'
import { connectClient } from '../../engine/client.ts'
import { isPooled } from '../../engine/pooler.ts'
import { livingProducers } from '../../engine/producers.ts'
import type { Db } from '../../engine/query.ts'
import { isDenied } from '../../engine/refusal.ts'
import { PooledError, refuseLent } from '../../notifier/lent.ts'
import type { NodePortrait } from '../../notifier/portrait.ts'
import { ANSWER_MS, Asker, nameOf } from '../tree/asker.ts'

export interface Hearing {
  /**
   * `heard`: what we said to ourselves came back. `lent`: a pooler gives the connection to others, so
   * that nothing can. `deaf`: it should have come, and has not.
   */
  readonly outcome: 'deaf' | 'heard' | 'lent'
  /** Whether a pooler stands before the server, which the listener may have been let past. */
  readonly isPooled: boolean
  readonly portraits: readonly NodePortrait[]
  /** Between which moments of our clock the portraits were made. */
  readonly fromMs: number
  readonly toMs: number
}

export interface Ear {
  readonly connect: ClientConfig
  /** Past a pooler, where it is known. */
  readonly listen?: ClientConfig | undefined
  readonly prefix: string
  /** Whether there are tables of ours, and so nodes that may be expected to answer. */
  readonly hasTables: boolean
}

/** How long to wait for an echo where nobody else is expected. */
const ECHO_MS = 1_000

const session = { role: 'doctor', timeoutMs: 5_000 }

export async function hear({ connect, listen, prefix, hasTables }: Ear): Promise<Hearing> {
  const client = await connectClient(listen ?? connect, session)
  try {
    const pooled = await isPooled(client)
    const others = { isPooled: listen === undefined ? pooled : await leadsToPooler(connect) }
    const fromMs = systemClock.now().getTime()
    if (pooled && (await isLent(client, listen ?? connect))) {
      return { ...others, outcome: 'lent', portraits: [], fromMs, toMs: fromMs }
    }
    const living = hasTables ? await expected({ client, prefix, named: false }) : []
    const asker = await Asker.on(client, prefix)
    const { portraits, isHearing } = await asker.ask({
      expected: new Set(living.map((row) => nameOf({ instance: row.name, node: row.node }))),
      waitMs: living.length === 0 ? ECHO_MS : ANSWER_MS,
      signal: new AbortController().signal,
    })
    const toMs = systemClock.now().getTime()

    return { ...others, outcome: isHearing ? 'heard' : 'deaf', portraits, fromMs, toMs }
  } finally {
    await client.end()
  }
}

/** Nobody, where the role may not know: to be heard needs no right on a table. */
async function expected(db: Db): Promise<Awaited<ReturnType<typeof livingProducers>>> {
  try {
    return await livingProducers(db)
  } catch (error) {
    if (isDenied(error)) return []
    throw error
  }
}

async function leadsToPooler(connect: ClientConfig): Promise<boolean> {
  const client = await connectClient(connect, session)
  try {
    return await isPooled(client)
  } finally {
    await client.end()
  }
}

async function isLent(client: Client, connect: ClientConfig): Promise<boolean> {
  try {
    await refuseLent(client, { ...connect, connectionTimeoutMillis: session.timeoutMs })

    return false
  } catch (error) {
    if (error instanceof PooledError) return true
    throw error
  }
}
