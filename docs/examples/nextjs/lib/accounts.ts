/** An account and its welcome mail are stored together, or neither is. */
import { Welcome } from './jobs.ts'
import { runtime } from './oban.ts'

/**
 * @returns the id of the job
 * @throws {InvalidArgsError} when the address is none; the account is rolled back with it
 */
export async function signUp(email: string): Promise<number> {
  const { oban, pool } = runtime()
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const { rows } = await client.query<{ id: number }>(
      'INSERT INTO accounts (email) VALUES ($1) RETURNING id',
      [email],
    )
    const job = await Welcome.enqueue({ account: rows[0]?.id ?? 0, email }, { client, oban })
    await client.query('COMMIT')

    return job.id
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}
