/**
 * Read, change and store one job. The function of a caller runs between the two statements, without a
 * lock: it may be slow, and may stand in a thread. The update finds the row by the version that was
 * read, and everything begins anew when somebody else was faster.
 */
import { jitter } from '../backoff.ts'
import { systemClock } from '../clock.ts'
import { parseJob, type Job, type JobRow } from '../job.ts'
import { JobLockedError, JobNotFoundError } from '../management-errors.ts'
import { checkChanges, type ChangeRules, type CheckedChanges, type JobUpdate } from './changes.ts'
import { checkedId } from './id.ts'
import type { QueryClient } from './query-client.ts'
import { patience } from '../patience.ts'

/** A row with what changes whenever it does. */
export interface VersionedRow extends JobRow {
  readonly version: string
}

export interface UpdateStore {
  find(id: number, client?: QueryClient): Promise<VersionedRow | undefined>
  /** Store changes; undefined when the row is locked, or not in this version any more. */
  change(
    row: Pick<VersionedRow, 'id' | 'version'>,
    changes: CheckedChanges,
    client?: QueryClient,
  ): Promise<JobRow | undefined>
}

export interface UpdateRequest {
  readonly id: number
  readonly update: JobUpdate
  readonly client: QueryClient | undefined
}

/** How often a row that others change meanwhile is read again, for about half a second. */
const MOST_TRIES = 10

const PAUSES = { firstMs: 5, longestMs: 100 }

/** Most who hold a row are done with it at once; those who wait for it must not return together. */
async function pause(tries: number): Promise<void> {
  const ms = jitter(patience(tries, PAUSES), { mode: 'dec', mult: 0.5 })
  await new Promise<void>((resolve) => {
    systemClock.after(ms, resolve, { keepAlive: true })
  })
}

/**
 * @throws {JobNotFoundError} when there is no such job
 * @throws {JobLockedError} when others hold its row, or change it again and again
 */
export async function updateJob(
  store: UpdateStore,
  rules: ChangeRules,
  { id, update, client }: UpdateRequest,
): Promise<Job> {
  checkedId(id)
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    if (tries > 0) await pause(tries)
    const row = await store.find(id, client)
    if (row === undefined) throw new JobNotFoundError(id)
    const job = parseJob(row)
    const changes = typeof update === 'function' ? await update(job) : update
    const changed = await store.change(row, await checkChanges(job, changes, rules), client)
    if (changed) return parseJob(changed)
  }
  throw new JobLockedError(id)
}
