/** Sessions of our own that are in the way of others. */
import { Client } from 'pg'
import { isLoss } from '../loss.ts'
import type { Theatre } from '../theatre.ts'

export interface Meddler {
  readonly query: (text: string) => Promise<void>
}

/** Do it; where the database is lost meanwhile, that is the end of it. */
export async function orLost(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!isLoss(error)) throw error
  }
}

/** Do something in a session of its own, which is closed at the end, with what it holds. */
export async function meddle(
  theatre: Theatre,
  act: (meddler: Meddler) => Promise<void>,
): Promise<void> {
  const client = new Client({ connectionString: theatre.url, application_name: 'chaos:meddler' })
  client.on('error', () => {
    // What is being awaited on this connection rejects as well.
  })
  await orLost(async () => {
    await client.connect()
    await act({
      query: async (text) => {
        await client.query(text)
      },
    })
  })
  await client.end()
}
