import knex, { type Knex } from 'knex'
import { describe, expect, test } from 'vitest'
import { fromKnex } from '../../src/adapters/knex.ts'
import { conforms, refusalOf, type Transaction } from './conformance.ts'

function transactionOf(trx: Knex.Transaction): Transaction {
  return {
    client: fromKnex(trx),
    run: async (text) => trx.raw(text),
    savepoint: (body) => trx.transaction((inner) => body(transactionOf(inner))),
  }
}

conforms('Knex', {
  open: (url) => {
    const db = knex({ client: 'pg', connection: url })

    return {
      close: () => db.destroy(),
      transaction: (body) => db.transaction((trx) => body(transactionOf(trx))),
    }
  },
})

describe('fromKnex', () => {
  test('refuses what is no transaction, and is named to who forgets it', async () => {
    const db = knex({ client: 'pg' })

    expect(() => fromKnex(db)).toThrow(
      'client: fromKnex() needs a transaction: the trx of knex.transaction((trx) => …)',
    )
    expect(await refusalOf(db)).toContain(
      'client: is an object of Knex: pass fromKnex(trx), with its transaction, instead',
    )
  })
})
