/**
 * Inserts that stay prepared on the connections of a pool of our own. To parse and plan one takes the server
 * longer than to store a job by it, and none reads a table whose size could make another plan better.
 */
import type { Pool } from 'pg'
import type { QueryClient } from '../job/query-client.ts'
import { outlive } from './outlive.ts'
import { isPooled } from './pooler.ts'
import { statementName } from './query.ts'
import { isStale } from './refusal.ts'

/**
 * Sends each statement by a name of its own, unless a pooler lends connections out, behind which the name would
 * be unknown. Asks that with the first statement, of all that the pool will ever open.
 */
export function preparing(pool: Pool): QueryClient {
  let direct: Promise<boolean> | undefined
  const askAgainNextTime = (error: unknown) => {
    direct = undefined
    throw error
  }

  return {
    query: async (text, values) => {
      direct ??= isDirect(pool).catch(askAgainNextTime)
      const name = (await direct) ? { name: statementName(text) } : {}
      try {
        return await pool.query({ text, values, ...name })
      } catch (error) {
        if (!isStale(error)) throw error
        // Another server, or a pooler, took this one's place at the same address. Nothing was stored.
        direct = undefined

        return pool.query({ text, values })
      }
    },
  }
}

async function isDirect(pool: Pool): Promise<boolean> {
  const client = await pool.connect()
  // A pool listens only to those that nobody uses; unheard, the loss of this one would end the process.
  const leave = outlive(client)
  let isAnswered = false
  try {
    const isBehindPooler = await isPooled(client)
    isAnswered = true

    return !isBehindPooler
  } finally {
    leave()
    // What asked in vain may be answered yet: others would wait behind it.
    client.release(!isAnswered)
  }
}
