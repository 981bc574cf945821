/** Statements on periodic jobs. */
import type { QueryClient } from '../job/query-client.ts'
import { errand, type ErrandOptions } from './errand.ts'
import { query, type Db } from './query.ts'

export interface CronClock {
  /** When the minute began, in milliseconds since 1970. */
  readonly minute_ms: string
  readonly passed_ms: string
}

type Register = [instance: string, names: string[], reboots: string[], now: string | null]

export const registerCrons = query<CronClock, Register>('register_crons')

interface WonRow {
  readonly name: string
  readonly at_ms: string
}

export const claimCrons = query<WonRow, [instance: string, runs: string]>('claim_crons')

/**
 * Do something in a transaction, over a connection that is opened for it. Its end by whatever reason
 * takes the locks along: a node that freezes in the middle holds up the others for seconds at most.
 */
export function inTransaction<Result>(
  options: ErrandOptions,
  work: (db: Db, client: QueryClient) => Promise<Result>,
): Promise<Result> {
  return errand(options, async (db) => {
    const client: QueryClient = {
      query: (text, values) => db.client.query({ text, values }),
    }
    await client.query('BEGIN', [])
    const result = await work(db, client)
    await client.query('COMMIT', [])

    return result
  })
}
