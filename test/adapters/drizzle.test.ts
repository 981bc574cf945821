import { sql, type SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { drizzle as drizzleOnPostgresJs } from 'drizzle-orm/postgres-js'
import { Pool } from 'pg'
import postgres from 'postgres'
import { describe, expect, test } from 'vitest'
import { fromDrizzle } from '../../src/adapters/drizzle.ts'
import type { QueryClient } from '../../src/job/query-client.ts'
import { conforms, refusalOf, type Library, type Transaction } from './conformance.ts'

/** What the transactions of both drivers have in common, as a user's own function might take it. */
function transactionOf<Tx extends Nestable<Tx>>(
  tx: Tx,
  clientOf: (tx: Tx) => QueryClient,
): Transaction {
  return {
    client: clientOf(tx),
    run: async (text) => tx.execute(sql.raw(text)),
    savepoint: (body) => tx.transaction((inner) => body(transactionOf(inner, clientOf))),
  }
}

interface Nestable<Tx> {
  execute(query: SQL): PromiseLike<unknown>
  transaction<Result>(body: (tx: Tx) => Promise<Result>): Promise<Result>
}

conforms('Drizzle on pg', {
  open: (url): Library => {
    const pool = new Pool({ connectionString: url })
    const db = drizzle(pool)

    return {
      close: () => pool.end(),
      transaction: (body) =>
        db.transaction((tx) => body(transactionOf(tx, (inner) => fromDrizzle(inner, sql)))),
    }
  },
})

conforms('Drizzle on postgres.js', {
  open: (url): Library => {
    const connection = postgres(url, { onnotice: () => {} })
    const db = drizzleOnPostgresJs(connection)

    return {
      close: () => connection.end(),
      transaction: (body) =>
        db.transaction((tx) => body(transactionOf(tx, (inner) => fromDrizzle(inner, sql)))),
    }
  },
})

describe('fromDrizzle', () => {
  const db = drizzle(new Pool())

  test('refuses what is no transaction, and is named to who forgets it', async () => {
    // @ts-expect-error the database, whose statements take any connection
    expect(() => fromDrizzle(db, sql)).toThrow(
      'client: fromDrizzle() needs a transaction: the tx of db.transaction((tx) => …)',
    )
    expect(await refusalOf(db)).toContain(
      'client: is an object of Drizzle: pass fromDrizzle(tx, sql), with its transaction, instead',
    )
  })

  test('needs the sql of Drizzle', () => {
    const tx = { execute: async () => [], rollback: (): never => expect.unreachable() }

    // @ts-expect-error a function that only looks like it
    expect(() => fromDrizzle(tx, () => '')).toThrow(
      "fromDrizzle() needs the sql of 'drizzle-orm' as its second argument",
    )
  })
})
