/**
 * The application of the demo: users sign up, and the e-mail that greets them is enqueued in the same
 * transaction as their row. Both exist, or neither.
 */
import type { Client } from 'pg'
import { quoteIdentifier } from '../../engine/query.ts'
import { WelcomeEmail } from './workers/welcome-email.ts'

export interface SignUp {
  readonly run: string
  readonly name: string
  readonly address: string
  readonly outbox: string
}

/** The application's own reason to roll back. */
export class PaymentRefusedError extends Error {
  override readonly name = 'PaymentRefusedError'

  constructor(name: string) {
    super(`the card of ${name} was refused`)
  }
}

function users(prefix: string): string {
  return `${quoteIdentifier(prefix)}.demo_users`
}

/** Run `work` in a transaction, which is rolled back when it throws. */
async function transaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN')
  try {
    await work()
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}

/** Create the application's table, unless it is there. */
export async function createUsers(client: Client, prefix: string): Promise<void> {
  await transaction(client, async () => {
    // Demos that start at once would trip over each other in spite of IF NOT EXISTS.
    await client.query("SELECT pg_advisory_xact_lock(hashtext('oban-ts:demo_users'))")
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${users(prefix)} (
         id bigserial PRIMARY KEY,
         run text NOT NULL,
         name text NOT NULL,
         address text NOT NULL,
         inserted_at timestamptz NOT NULL DEFAULT now()
       )`,
    )
  })
}

/**
 * Sign a user up.
 *
 * @param charge - the last step; when it throws, neither user nor job has ever existed
 */
export async function signUp(
  client: Client,
  prefix: string,
  user: SignUp,
  charge: () => void,
): Promise<void> {
  const { run, name, address } = user
  await transaction(client, async () => {
    const insert = `INSERT INTO ${users(prefix)} (run, name, address) VALUES ($1, $2, $3)`
    await client.query(insert, [run, name, address])
    await WelcomeEmail.enqueue(user, { client, tags: [run] })
    charge()
  })
}

/** How many users a run has signed up, as the database sees it. */
export async function countUsers(client: Client, prefix: string, run: string): Promise<number> {
  const text = `SELECT count(*)::int AS count FROM ${users(prefix)} WHERE run = $1`
  const { rows } = await client.query<{ count: number }>(text, [run])

  return rows[0]?.count ?? 0
}
