import { describe, expect, test } from 'vitest'
import { inTransaction } from '../../src/engine/transaction.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()

interface Session {
  readonly pid: number
}

describe('a transaction', () => {
  test.for(['between two statements', 'in a statement'])(
    'rejects when its connection is lost %s, and harms nobody',
    async (when) => {
      const lost = inTransaction(database.pool, 'BEGIN', async (client) => {
        const { rows } = await client.query<Session>('SELECT pg_backend_pid() AS pid')
        const pid = rows[0]?.pid
        const ended = new Promise((resolve) => {
          client.once('end', resolve)
        })
        const statement = when === 'in a statement' ? client.query('SELECT pg_sleep(60)') : ended
        await Promise.all([
          database.query('SELECT pg_terminate_backend($1)', [pid]),
          statement,
          ended,
        ])
      })

      await expect(lost).rejects.toThrow(/terminat|not queryable|connection error/)
      expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    },
  )
})
