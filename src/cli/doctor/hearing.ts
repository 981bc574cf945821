/** Listens for a moment: whether notifications arrive, and what the nodes say of themselves. */
import { systemClock } from '../../clock.ts'
import { connectClient } from '../../engine/client.ts'
import { isPooled } from '../../engine/pooler.ts'
import { livingProducers } from '../../engine/producers.ts'
import { PooledError, refuseLent } from '../../notifier/lent.ts'
import type { NodePortrait } from '../../notifier/portrait.ts'
import { ANSWER_MS, Asker, nameOf } from '../tree/asker.ts'

export interface Hearing {
  /**
   * `heard`: what we said to ourselves came back. `lent`: a pooler gives the connection to others, so
   * that nothing can. `deaf`: it should have come, and has not.
   */
  readonly outcome: 'deaf' | 'heard' | 'lent'
  readonly isPooled: boolean
  readonly portraits: readonly NodePortrait[]
  /** Between which moments of our clock the portraits were made. */
  readonly fromMs: number
  readonly toMs: number
}

interface Ear {
  readonly url: string
  readonly prefix: string
  /** Whether there are tables of ours, and so nodes that may be expected to answer. */
  readonly hasTables: boolean
}

/** How long to wait for an echo where nobody else is expected. */
const ECHO_MS = 1_000

export async function hear({ url, prefix, hasTables }: Ear): Promise<Hearing> {
  const client = await connectClient(url, { role: 'doctor', timeoutMs: 5_000 })
  try {
    const pooled = await isPooled(client)
    const fromMs = systemClock.now().getTime()
    if (pooled && (await isLent(client, url))) {
      return { outcome: 'lent', isPooled: pooled, portraits: [], fromMs, toMs: fromMs }
    }
    const living = hasTables ? await livingProducers({ client, prefix, named: false }) : []
    const asker = new Asker(client, prefix)
    await asker.listen()
    const { portraits, isHearing } = await asker.ask({
      expected: new Set(living.map((row) => nameOf({ instance: row.name, node: row.node }))),
      waitMs: living.length === 0 ? ECHO_MS : ANSWER_MS,
      signal: new AbortController().signal,
    })
    const toMs = systemClock.now().getTime()

    return { outcome: isHearing ? 'heard' : 'deaf', isPooled: pooled, portraits, fromMs, toMs }
  } finally {
    await client.end()
  }
}

async function isLent(
  client: Awaited<ReturnType<typeof connectClient>>,
  url: string,
): Promise<boolean> {
  try {
    await refuseLent(client, { connectionString: url, connectionTimeoutMillis: 5_000 })

    return false
  } catch (error) {
    if (error instanceof PooledError) return true
    throw error
  }
}
