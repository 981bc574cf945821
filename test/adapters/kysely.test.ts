import { CamelCasePlugin, Kysely, ParseJSONResultsPlugin, PostgresDialect, sql } from 'kysely'
import type { Transaction as KyselyTransaction } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, test } from 'vitest'
import { fromKysely } from '../../src/adapters/kysely.ts'
import { conforms, refusalOf, type Library, type Transaction } from './conformance.ts'

interface Tables {
  readonly notes: { readonly id: number }
}

function connect(url: string): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: url }) }),
    // Together they would rename what is inside of our JSON.
    plugins: [new ParseJSONResultsPlugin(), new CamelCasePlugin()],
  })
}

function transactionOf(trx: KyselyTransaction<Tables>): Transaction {
  const run = (text: string) => sql.raw(text).execute(trx)

  return {
    client: fromKysely(trx),
    run,
    // Kysely has savepoints for controlled transactions only.
    async savepoint(body) {
      await run('SAVEPOINT s')
      try {
        await body(transactionOf(trx))
        await run('RELEASE SAVEPOINT s')
      } catch (error) {
        await run('ROLLBACK TO SAVEPOINT s')
        throw error
      }
    },
  }
}

conforms('a transaction of Kysely', {
  open: (url) => {
    const db = connect(url)

    return {
      close: () => db.destroy(),
      transaction: (body) => db.transaction().execute((trx) => body(transactionOf(trx))),
    }
  },
})

conforms('a controlled transaction of Kysely', {
  open: (url): Library => {
    const db = connect(url)

    return {
      close: () => db.destroy(),
      async transaction(body) {
        const trx = await db.startTransaction().execute()
        try {
          const result = await body({
            client: fromKysely(trx),
            run: (text) => sql.raw(text).execute(trx),
            async savepoint(inner) {
              const saved = await trx.savepoint('s').execute()
              try {
                await inner(transactionOf(saved))
                await saved.releaseSavepoint('s').execute()
              } catch (error) {
                await saved.rollbackToSavepoint('s').execute()
                throw error
              }
            },
          })
          await trx.commit().execute()

          return result
        } catch (error) {
          await trx.rollback().execute()
          throw error
        }
      },
    }
  },
})

describe('fromKysely', () => {
  test('refuses what is no transaction, and is named to who forgets it', async () => {
    const db = connect('postgres://nowhere')

    // @ts-expect-error the instance, whose statements take any connection
    expect(() => fromKysely(db)).toThrow(
      'client: fromKysely() needs a transaction: the trx of db.transaction().execute((trx) => …)',
    )
    expect(await refusalOf(db)).toContain(
      'client: is an object of Kysely: pass fromKysely(trx), with its transaction, instead',
    )
  })
})
