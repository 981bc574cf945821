/** Lets a caller bring a client of its own: what it stores is then part of its transaction. */
import { checkClient } from '../adapters/refusal.ts'
import type { Config } from '../config.ts'
import type { JobRow } from '../job.ts'
import type { Store } from './insertion.ts'
import type { NewJob } from './new-job.ts'
import type { QueryClient } from './query-client.ts'

/** The statements that a client is sent. */
interface Statements {
  insertAll(
    client: QueryClient,
    prefix: string,
    jobs: readonly NewJob[],
    channel?: null,
  ): Promise<readonly JobRow[]>
  getJob(client: QueryClient, prefix: string, id: number): Promise<JobRow | undefined>
}

export interface ClientStoreOptions {
  readonly prefix: string
  /** An isolated instance announces nothing: its jobs are found by polling. */
  readonly notifier: Config['notifier']
  /** Where jobs are kept for callers without a client. */
  readonly own: Store
  /** Loads the statements, and the database's driver with them, for the first client. */
  readonly load: () => Promise<Statements>
}

export function clientStore({ prefix, notifier, own, load }: ClientStoreOptions): Store {
  return {
    async insert(jobs, client) {
      if (client === undefined) return own.insert(jobs)
      checkClient(client)
      const silent = notifier === 'isolated' ? ([null] as const) : []

      return (await load()).insertAll(client, prefix, jobs, ...silent)
    },
    async find(id, client) {
      if (client === undefined) return own.find(id)
      checkClient(client)

      return (await load()).getJob(client, prefix, id)
    },
    cancel: (id) => own.cancel(id),
  }
}
