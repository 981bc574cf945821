import { Client, Pool, type ClientBase } from 'pg'
import { describe, expect, test } from 'vitest'
import type { QueryClient } from '../../src/job/query-client.ts'
import { conforms, refusalOf, type Library, type Transaction } from './conformance.ts'

async function bracket<Result>(
  client: ClientBase,
  body: () => Promise<Result>,
  [begin, end, undo]: readonly [string, string, string],
): Promise<Result> {
  await client.query(begin)
  try {
    const result = await body()
    await client.query(end)

    return result
  } catch (error) {
    await client.query(undo)
    throw error
  }
}

const whole = ['BEGIN', 'COMMIT', 'ROLLBACK'] as const
const part = ['SAVEPOINT s', 'RELEASE SAVEPOINT s', 'ROLLBACK TO SAVEPOINT s'] as const

function transactionOf(connection: ClientBase, client: QueryClient): Transaction {
  const tx: Transaction = {
    client,
    run: (sql) => connection.query(sql),
    savepoint: (body) => bracket(connection, () => body(tx), part),
  }

  return tx
}

/** A connection for each transaction, as a pool has it. */
function pooled(url: string, clientOf: (connection: ClientBase) => QueryClient): Library {
  const pool = new Pool({ connectionString: url })

  return {
    close: () => pool.end(),
    async transaction(body) {
      const connection = await pool.connect()
      try {
        return await bracket(
          connection,
          () => body(transactionOf(connection, clientOf(connection))),
          whole,
        )
      } finally {
        connection.release()
      }
    },
  }
}

conforms('a PoolClient of pg', { open: (url) => pooled(url, (connection) => connection) })

conforms('a Client of pg', {
  open: (url) => {
    const clients: Client[] = []

    return {
      close: () => Promise.all(clients.map((client) => client.end())),
      async transaction(body) {
        const client = new Client({ connectionString: url })
        clients.push(client)
        await client.connect()

        return bracket(client, () => body(transactionOf(client, client)), whole)
      },
    }
  },
})

conforms('an object with query(), which resolves to rows', {
  open: (url) =>
    pooled(url, (connection) => ({
      query: async (text, values) => (await connection.query(text, values)).rows,
    })),
})

describe('a client', () => {
  test('is not a pool, whose statements may each take another connection', async () => {
    const pool = new Pool()

    expect(await refusalOf(pool)).toBe(
      'ConfigError: invalid configuration: client: is a pool, whose statements are in no ' +
        'transaction: pass the client of `await pool.connect()`',
    )
  })

  test.each([{}, null, 'x', 5, { query: 5 }, () => {}])('is not %o', async (wrong) => {
    expect(await refusalOf(wrong)).toBe(
      'ConfigError: invalid configuration: client: ' +
        'must have a function query(text, values), as a Client of pg has',
    )
  })
})
