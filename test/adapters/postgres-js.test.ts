import postgres, { type TransactionSql } from 'postgres'
import { describe, expect, test } from 'vitest'
import { fromPostgresJs } from '../../src/adapters/postgres-js.ts'
import { conforms, refusalOf, type Library, type Transaction } from './conformance.ts'

const connect = (url: string) => postgres(url, { onnotice: () => {} })

function transactionOf(sql: TransactionSql): Transaction {
  return {
    client: fromPostgresJs(sql),
    run: async (text) => sql.unsafe(text),
    savepoint: (body) => sql.savepoint((inner) => body(transactionOf(inner))),
  }
}

conforms('a transaction of postgres.js', {
  open: (url): Library => {
    const sql = connect(url)

    return {
      close: () => sql.end(),
      async transaction(body) {
        // What begin() resolves to is typed as a result of its own statements.
        const results: Awaited<ReturnType<typeof body>>[] = []
        await sql.begin(async (tx) => {
          results.push(await body(transactionOf(tx)))
        })
        const [result] = results
        if (results.length === 0) throw new Error('begin() did not call its body')

        return result as Awaited<ReturnType<typeof body>>
      },
    }
  },
})

describe('fromPostgresJs', () => {
  const sql = postgres()

  test('takes a reserved connection', async () => {
    const reserved = { unsafe: async () => [], typed: () => '', release: () => {} }

    expect(await fromPostgresJs(reserved).query('SELECT', [])).toEqual([])
  })

  test('refuses the pool, and is named to who forgets it', async () => {
    expect(() => fromPostgresJs(sql)).toThrow(
      'client: fromPostgresJs() needs the sql of sql.begin((sql) => …) or of sql.reserve()',
    )
    expect(await refusalOf(sql)).toContain(
      'client: is an object of postgres.js: pass fromPostgresJs(sql), with its transaction, instead',
    )
  })
})
