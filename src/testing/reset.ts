/** Takes away what one test has stored, before the next one begins. */
import { checkClient, hasMethods, isPool } from '../adapters/refusal.ts'
import { SchemaMissingError } from '../database-errors.ts'
import { checkOptions } from '../job/call-options.ts'
import type { Enqueuer } from '../job/enqueuer.ts'
import type { QueryClient } from '../job/query-client.ts'
import { testingAccess } from '../registry.ts'
import { shown } from '../shown.ts'
import { sqlStateOf } from '../sql-state.ts'
import { TestingError } from '../testing-error.ts'

export interface ResetOptions {
  /** Also where `NODE_ENV` is 'production', and while queues of the instance run. Default: false */
  readonly force?: boolean | undefined
}

export interface ResetClientOptions extends ResetOptions {
  /** Schema of the tables. Default: 'public' */
  readonly prefix?: string | undefined
}

const listeners = new Set<() => void>()

/** Hear of each reset of this process, as ids of jobs begin anew; the returned function ends it. */
export function onReset(listener: () => void): () => void {
  listeners.add(listener)

  return () => {
    listeners.delete(listener)
  }
}

/**
 * Delete every job, whose ids begin at 1 again, and what the package keeps beside them: producers,
 * leaders, the last runs of periodic jobs. The record of migrations stays, and so does every table that
 * is not ours. Forgets what ran in mode `inline`.
 *
 * Through a client it is part of its transaction, and is rolled back with it.
 *
 * @example
 * ```ts
 * afterEach(() => reset(oban))
 * ```
 *
 * @param target - an instance, or a connection or pool to the database
 * @throws {TestingError} in production, while the instance's queues run, when another connection holds
 * the tables for five seconds, and when the target is none
 * @throws {SchemaMissingError} when the tables are missing: run `oban install`
 * @throws {ConfigError} when an option does not exist, or a query builder is given without its adapter
 * @throws {StoppedError} after `stop()` of the instance
 */
export async function reset(target: Enqueuer, options?: ResetOptions): Promise<void>
export async function reset(target: QueryClient, options?: ResetClientOptions): Promise<void>
export async function reset(
  target: Enqueuer | QueryClient,
  options: ResetClientOptions = {},
): Promise<void> {
  const access = testingAccess(target)
  checkOptions(options, access ? ['force'] : ['force', 'prefix'])
  const { force = false, prefix = access?.prefix ?? 'public' } = options
  if (!force) refuseProduction()
  if (access?.isRunning() && !force) throw runningError(access.name)
  const client = access ? await access.client() : clientFrom(target)
  if (client) await empty(client, prefix)
  await access?.forget()
  for (const listener of listeners) listener()
}

function refuseProduction(): void {
  if (process.env['NODE_ENV'] !== 'production') return
  throw new TestingError(
    'reset() deletes every job, and NODE_ENV is "production"; ' +
      'if this database is one for tests, pass { force: true }',
  )
}

function runningError(name: string): TestingError {
  return new TestingError(
    `reset() would take away jobs that the instance "${name}" is running: await its stop() first, ` +
      "give it { testing: 'manual' } so that start() starts no queues, or pass { force: true }",
  )
}

function clientFrom(target: unknown): QueryClient {
  if (!hasMethods(target, ['query']) && hasMethods(target, ['enqueue'])) {
    throw new TestingError('reset() got an instance of a job thread: call it in the test itself')
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what it is not, is refused below
  const client = target as QueryClient
  if (typeof target !== 'object' || target === null) {
    throw new TestingError(
      `reset() needs an Oban instance, or a connection or pool to its database, got ${shown(target)}`,
    )
  }
  // A pool will do: here nothing has to be part of a transaction.
  if (!isPool(target)) checkClient(client)

  return client
}

async function empty(client: QueryClient, prefix: string): Promise<void> {
  const { emptyTables } = await import('../engine/empty-tables.ts')
  try {
    await emptyTables(client, prefix)
  } catch (error) {
    const state = sqlStateOf(error)
    if (state === '42P01') throw new SchemaMissingError(prefix, { cause: error })
    if (state !== '55P03') throw error
    throw new TestingError(
      `reset() waited 5 seconds for the tables of schema "${prefix}", which another connection holds: ` +
        'look for a transaction that a test left open, and for a node that still runs',
      { cause: error },
    )
  }
}
