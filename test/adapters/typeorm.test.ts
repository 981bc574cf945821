import { DataSource, type EntityManager, type QueryRunner } from 'typeorm'
import { describe, expect, test } from 'vitest'
import { fromTypeorm } from '../../src/adapters/typeorm.ts'
import { conforms, refusalOf, type Library, type Transaction } from './conformance.ts'

function managed(manager: EntityManager): Transaction {
  return {
    client: fromTypeorm(manager),
    run: (text) => manager.query(text),
    savepoint: (body) => manager.transaction((inner) => body(managed(inner))),
  }
}

conforms('an EntityManager of TypeORM', {
  async open(url): Promise<Library> {
    const source = await new DataSource({ type: 'postgres', url }).initialize()

    return {
      close: () => source.destroy(),
      transaction: (body) => source.transaction((manager) => body(managed(manager))),
    }
  },
})

async function bracket<Result>(runner: QueryRunner, body: () => Promise<Result>): Promise<Result> {
  // Inside of a transaction it makes a savepoint.
  await runner.startTransaction()
  try {
    const result = await body()
    await runner.commitTransaction()

    return result
  } catch (error) {
    await runner.rollbackTransaction()
    throw error
  }
}

function run(runner: QueryRunner): Transaction {
  return {
    client: fromTypeorm(runner),
    run: (text) => runner.query(text),
    savepoint: (body) => bracket(runner, () => body(run(runner))),
  }
}

conforms('a QueryRunner of TypeORM', {
  async open(url): Promise<Library> {
    const source = await new DataSource({ type: 'postgres', url }).initialize()

    return {
      close: () => source.destroy(),
      async transaction(body) {
        const runner = source.createQueryRunner()
        try {
          return await bracket(runner, () => body(run(runner)))
        } finally {
          await runner.release()
        }
      },
    }
  },
})

describe('fromTypeorm', () => {
  const source = new DataSource({ type: 'postgres' })

  test('refuses what is not bound to one connection', () => {
    const needs = 'client: fromTypeorm() needs the manager of dataSource.transaction(), or a'

    // @ts-expect-error the source, whose statements take any connection
    expect(() => fromTypeorm(source)).toThrow(needs)
    expect(() => fromTypeorm(source.manager)).toThrow(needs)
  })

  test('is named to who forgets it, though each has a query()', async () => {
    for (const forgotten of [source, source.manager]) {
      expect(await refusalOf(forgotten)).toContain(
        'client: is an object of TypeORM: pass fromTypeorm(manager), with its transaction, instead',
      )
    }
    expect(await refusalOf(source.createQueryRunner())).toContain(
      'client: is an object of TypeORM: pass fromTypeorm(runner), with its transaction, instead',
    )
  })

  test('gives the rows of statements that TypeORM counts too', async () => {
    const asked: unknown[] = []
    const runner = {
      startTransaction: async () => {},
      query: async (...args: unknown[]) => {
        asked.push(args)

        return { records: [{ job: '{}' }], raw: [[{ job: '{}' }], 1] }
      },
    }

    expect(await fromTypeorm(runner).query('UPDATE …', ['1'])).toEqual([{ job: '{}' }])
    expect(asked).toEqual([['UPDATE …', ['1'], true]])
  })
})
