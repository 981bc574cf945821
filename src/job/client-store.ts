/** Lets a caller bring a client of its own: what it stores is then part of its transaction. */
import { checkClient } from '../adapters/refusal.ts'
import { ridingChannel } from '../channels.ts'
import type { Config } from '../config.ts'
import { SchemaMissingError } from '../database-errors.ts'
import type { JobRow } from '../job.ts'
import { sqlStateOf } from '../sql-state.ts'
import type { Store } from './insertion.ts'
import type { NewJob } from './new-job.ts'
import type { QueryClient } from './query-client.ts'

/** The statements that a client is sent. */
interface Statements {
  enqueueThrough(
    client: QueryClient,
    prefix: string,
    jobs: readonly NewJob[],
    channel: string | null,
  ): Promise<readonly JobRow[]>
}

/** Jobs through one client. */
type Managed = Pick<Store, 'change' | 'find'> & {
  cancel(filter: { readonly ids: readonly number[] }): Promise<number>
}

export interface ClientStoreOptions {
  readonly prefix: string
  readonly notifier: Config['notifier']
  /** Where jobs are kept for callers without a client. */
  readonly own: Store
  /** Loads the statements, and the database's driver with them, for the first client. */
  readonly load: () => Promise<Statements>
  /** The same for finding and changing jobs; refuses what is no client. */
  readonly manage: (client: QueryClient) => Promise<Managed>
}

/**
 * An application may enqueue without `start()`, which would look: that the tables were never made is then
 * learned here.
 */
async function whereTables<Rows>(prefix: string, insert: () => Promise<Rows>): Promise<Rows> {
  try {
    return await insert()
  } catch (error) {
    // A trigger of the application's may miss a table of its own.
    const isOurs = sqlStateOf(error) === '42P01' && /\boban_jobs\b/.test(String(error))
    if (!isOurs) throw error
    throw new SchemaMissingError(prefix, { cause: error })
  }
}

export function clientStore({ prefix, notifier, own, load, manage }: ClientStoreOptions): Store {
  return {
    async insert(jobs, client) {
      if (client === undefined) return whereTables(prefix, () => own.insert(jobs))
      checkClient(client)
      const channel = ridingChannel({ prefix, notifier }, 'insert')

      const statements = await load()

      return whereTables(prefix, () => statements.enqueueThrough(client, prefix, jobs, channel))
    },
    find: async (id, client) =>
      client === undefined ? own.find(id) : (await manage(client)).find(id),
    cancel: async (id, client) =>
      client === undefined
        ? own.cancel(id)
        : (await (await manage(client)).cancel({ ids: [id] })) > 0,
    change: async (row, changes, client) =>
      client === undefined ? own.change(row, changes) : (await manage(client)).change(row, changes),
  }
}
