/**
 * What is refused where a connection is expected. A transaction of a query builder, and worse, the
 * pool beside it, are easily passed for one: some would store the job outside of the transaction.
 */
import { ConfigError } from '../errors.ts'
import type { QueryClient } from '../job/query-client.ts'

interface Mistake {
  /** Methods that together tell what was passed. */
  readonly methods: readonly string[]
  readonly message: string
}

function builder(library: string, call: string): string {
  return `is an object of ${library}: pass ${call}, with its transaction, instead`
}

const mistakes: readonly Mistake[] = [
  { methods: ['executeQuery', 'selectFrom'], message: builder('Kysely', 'fromKysely(trx)') },
  { methods: ['execute', '$with'], message: builder('Drizzle', 'fromDrizzle(tx, sql)') },
  { methods: ['raw', 'batchInsert'], message: builder('Knex', 'fromKnex(trx)') },
  { methods: ['$queryRawUnsafe'], message: builder('Prisma', 'fromPrisma(tx)') },
  // Its objects have a query() of their own, but not all in the transaction, nor all with the rows.
  { methods: ['query', 'getRepository'], message: builder('TypeORM', 'fromTypeorm(manager)') },
  { methods: ['query', 'startTransaction'], message: builder('TypeORM', 'fromTypeorm(runner)') },
  { methods: ['unsafe', 'savepoint'], message: builder('postgres.js', 'fromPostgresJs(sql)') },
  { methods: ['unsafe', 'reserve'], message: builder('postgres.js', 'fromPostgresJs(sql)') },
  { methods: ['unsafe', 'release'], message: builder('postgres.js', 'fromPostgresJs(sql)') },
]

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** Whether it is an object or a function that has all of these methods. */
export function hasMethods(value: unknown, methods: readonly string[]): boolean {
  if (!isObject(value)) return false
  try {
    return methods.every((name) => typeof Reflect.get(value, name) === 'function')
  } catch {
    // A getter or a proxy that throws is none of the methods that are looked for.
    return false
  }
}

/** A pool, of `pg` or like it, sends each statement through whatever connection is free. */
export function isPool(client: unknown): boolean {
  return isObject(client) && hasMethods(client, ['connect', 'query']) && 'totalCount' in client
}

function complaint(client: unknown): string | undefined {
  const mistake = mistakes.find(({ methods }) => hasMethods(client, methods))
  if (mistake) return mistake.message
  if (!hasMethods(client, ['query'])) {
    return 'must have a function query(text, values), as a Client of pg has'
  }

  return isPool(client)
    ? 'is a pool, whose statements are in no transaction: pass the client of `await pool.connect()`'
    : undefined
}

/**
 * Check what a caller passed as `client`.
 *
 * @throws {ConfigError} that names the adapter which is missing, if there is one
 */
export function checkClient(client: QueryClient): void {
  const message = complaint(client)
  if (message !== undefined) throw new ConfigError([{ path: 'client', message }])
}

/** @throws {ConfigError} always: the adapter was given something else than it needs */
export function refuseUnlike(adapter: string, needed: string): never {
  throw new ConfigError([{ path: 'client', message: `${adapter}() needs ${needed}` }])
}
