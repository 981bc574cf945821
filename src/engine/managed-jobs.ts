/** Finding and changing the jobs of a schema, through a pool or a caller's client. */
import { checkClient } from '../adapters/refusal.ts'
import { ridingChannel } from '../channels.ts'
import type { CheckedChanges } from '../job/changes.ts'
import type { CheckedFilter } from '../job/filter.ts'
import { cursorAfter, type JobPage, type Listing } from '../job/listing.ts'
import type { JsonObject } from '../job/json.ts'
import type { Claim } from '../protocol/patches.ts'
import type { QueryClient } from '../job/query-client.ts'
import type { VersionedRow } from '../job/update.ts'
import { parseJob, type JobRow } from '../job.ts'
import { ask, askRow } from './ask.ts'
import { source } from './query.ts'
import { cancelJobs, deleteJobs, listJobs, retryJobs } from './search.ts'

const getText = source('get_job')
const lookText = source('look_ended')
const changeText = source('change_job')
const completeText = source('complete_job')

/** The row of a job, or undefined. */
export function getJob(
  client: QueryClient,
  prefix: string,
  id: number,
): Promise<VersionedRow | undefined> {
  return ask<VersionedRow>(client, getText(prefix), [String(id)])
}

/**
 * Jobs through a caller's client; who else is concerned is told with its transaction.
 *
 * @throws {ConfigError} when it is no client, or a pool
 */
export function jobsThrough(
  client: QueryClient,
  config: { readonly prefix: string; readonly notifier: 'isolated' | 'postgres' },
): ManagedJobs {
  checkClient(client)
  const { prefix } = config
  const insert = ridingChannel(config, 'insert')
  const signal = ridingChannel(config, 'signal')

  return new ManagedJobs({ client, prefix, channels: { insert, signal } })
}

/** Complete a claimed job in the transaction of a client; false when the claim is over. */
export async function completeJob(
  client: QueryClient,
  prefix: string,
  { id, attempt, uuid, attempted_at: attemptedAt }: Claim,
  patch: JsonObject | null,
): Promise<boolean> {
  const values = [id, String(attempt), uuid, attemptedAt, patch && JSON.stringify(patch)]

  return (await askRow(client, completeText(prefix), values)) !== undefined
}

export interface ManagedJobsOptions {
  readonly client: QueryClient
  readonly prefix: string
  /** What the statements announce by themselves, with their transaction; null for what they do not. */
  readonly channels: { readonly insert: string | null; readonly signal: string | null }
  /** There are jobs that may run at once, in these queues. */
  readonly onAvailable?: (queues: ReadonlySet<string>) => void
  /** These were cancelled while they were executing, and the statement has told nobody. */
  readonly onExecuting?: (ids: readonly number[]) => void
}

interface Ended {
  readonly alive: readonly number[]
  readonly ended: readonly JobRow[]
}

export class ManagedJobs {
  readonly #client: QueryClient
  readonly #prefix: string
  readonly #options: Omit<ManagedJobsOptions, 'client' | 'prefix'>

  constructor({ client, prefix, ...options }: ManagedJobsOptions) {
    this.#client = client
    this.#prefix = prefix
    this.#options = options
  }

  async list(listing: Listing): Promise<JobPage> {
    const { rows, hasMore } = await listJobs(this.#client, this.#prefix, listing)
    const last = rows.at(-1)

    return {
      jobs: rows.map((row) => parseJob(row)),
      next: hasMore && last ? cursorAfter(listing, Number(last.id)) : undefined,
    }
  }

  /** How many it has changed; the same for `retry` and `delete`. */
  async cancel(filter: CheckedFilter): Promise<number> {
    const { channels, onExecuting } = this.#options
    const done = await cancelJobs(this.#client, this.#prefix, filter, channels.signal)
    const { count, executing } = done
    if (executing.length > 0) onExecuting?.(executing)

    return count
  }

  async retry(filter: CheckedFilter): Promise<number> {
    const { insert } = this.#options.channels
    const { count, queues } = await retryJobs(this.#client, this.#prefix, filter, insert)
    if (queues.length > 0) this.#options.onAvailable?.(new Set(queues))

    return count
  }

  async delete(filter: CheckedFilter): Promise<number> {
    const { count } = await deleteJobs(this.#client, this.#prefix, filter)

    return count
  }

  find(id: number): Promise<VersionedRow | undefined> {
    return getJob(this.#client, this.#prefix, id)
  }

  /** Those of the jobs that have ended, and the ids of those that have not. */
  async look(ids: readonly number[]): Promise<Ended> {
    const ended = await ask<Ended>(this.#client, lookText(this.#prefix), [`{${ids.join(',')}}`])

    return ended ?? { alive: [], ended: [] }
  }

  /** Change a job that is still as it was read and that nobody holds, or nothing. */
  async change(
    { id, version }: Pick<VersionedRow, 'id' | 'version'>,
    changes: CheckedChanges,
  ): Promise<JobRow | undefined> {
    const values = [id, version, JSON.stringify(changes), this.#options.channels.insert]
    const changed = await ask<JobRow>(this.#client, changeText(this.#prefix), values)
    if (changed?.state === 'available') this.#options.onAvailable?.(new Set([changed.queue]))

    return changed
  }
}
