/** Jobs in a transaction of TypeORM. */
import type { QueryClient } from '../job/query-client.ts'
import { hasMethods, isObject, refuseUnlike } from './refusal.ts'

/** The part of a `QueryRunner` of TypeORM that is needed. */
export interface TypeormRunner {
  query(
    query: string,
    parameters: unknown[],
    useStructuredResult: true,
  ): PromiseLike<{ readonly records: readonly unknown[] }>
  startTransaction(): PromiseLike<void>
}

/** The part of an `EntityManager` of TypeORM that is needed. */
export interface TypeormManager {
  /** Absent outside of a transaction. */
  readonly queryRunner?: TypeormRunner | undefined
}

function runnerOf(transaction: TypeormManager | TypeormRunner): TypeormRunner | undefined {
  return 'startTransaction' in transaction ? transaction : transaction.queryRunner
}

/** TypeORM's error carries all parameters, and so the arguments of jobs. */
function driverError(error: unknown): unknown {
  return error instanceof Error && 'driverError' in error ? error.driverError : error
}

/**
 * Enqueue in a transaction of TypeORM. A statement that fails rejects with the error of the driver.
 *
 * @example
 * ```ts
 * await dataSource.transaction(async (manager) => {
 *   await Welcome.enqueue({ userId: 1 }, { client: fromTypeorm(manager) })
 * })
 * ```
 *
 * @param transaction - the manager of `dataSource.transaction()`, or a `QueryRunner`
 * @throws {ConfigError} for anything else, such as the `DataSource` or its own manager
 */
export function fromTypeorm(transaction: TypeormManager | TypeormRunner): QueryClient {
  const runner = isObject(transaction) ? runnerOf(transaction) : undefined
  if (!runner || !hasMethods(runner, ['query', 'startTransaction'])) {
    refuseUnlike('fromTypeorm', 'the manager of dataSource.transaction(), or a QueryRunner')
  }

  return {
    async query(text, values) {
      try {
        const { records } = await runner.query(text, values, true)

        return records
      } catch (error) {
        throw driverError(error)
      }
    },
  }
}
