/**
 * Jobs on their way in, unique or not: which statements they take, in which transaction, under which
 * locks. A call without unique jobs sends what it would if there were none.
 */
import type { Pool } from 'pg'
import { channelName } from '../channels.ts'
import { monotonicMs } from '../clock.ts'
import { batchesOf } from '../job/batch.ts'
import type { JobRow } from '../job.ts'
import type { NewJob } from '../job/new-job.ts'
import type { QueryClient } from '../job/query-client.ts'
import { UniqueIndexError, UniqueLockError } from '../unique-errors.ts'
import { sqlStateOf } from '../sql-state.ts'
import { readJson } from './ask.ts'
import { insertAll, insertJobs } from './insert.ts'
import {
  type Candidate,
  candidatesOf,
  inlinedInsert,
  insertUnique,
  type InsertUniqueOptions,
  throughClient,
  type UniqueAnswer,
} from './insert-unique.ts'
import { inlined, script, sendScript } from './query.ts'
import { replaceJobs, replacing } from './replace.ts'
import { inTransaction } from './transaction.ts'
import {
  holdLocks,
  type Lockable,
  type LockOptions,
  lockRecords,
  PATIENCE_MS,
  planLocks,
} from './unique-locks.ts'

/** How often jobs are looked at again whose rivals change while they are looked at. */
const MOST_LOOKS = 10

/** SQLSTATE, as PostgreSQL calls them. */
const LOCK_NOT_AVAILABLE = '55P03'
const UNIQUE_VIOLATION = '23505'

const inlinedLock = inlined('lock_unique_jobs')
const lockUniqueJobs = script<unknown, [waitMs: number, locks: string]>('lock_unique_jobs')

function lockablesOf(candidates: readonly Candidate[]): Lockable[] {
  return candidates.map(({ job, likeness }) => ({ ...likeness, worker: job.worker }))
}

interface Way extends InsertUniqueOptions {
  readonly client: QueryClient
  readonly prefix: string
}

/** Insert unique jobs, and replace what is to be; jobs whose rivals changed meanwhile are looked at again. */
async function insertOrReplace(
  jobs: readonly NewJob[],
  candidates: readonly Candidate[],
  way: Way,
): Promise<Map<number, JobRow>> {
  const rows = new Map<number, JobRow>()
  let left = candidates
  for (let look = 0; left.length > 0; look += 1) {
    const [first] = left
    if (look === MOST_LOOKS && first) throw new UniqueLockError(first.job.worker, 0)
    const found = await insertUnique(left, way)
    const conflicts = replacing(jobs, found)
    const replaced = await replaceJobs(way.client, way.prefix, conflicts, way.channel)
    const changed = new Set(conflicts.map(({ ord }) => ord).filter((ord) => !replaced.has(ord)))
    for (const [ord, row] of [...found, ...replaced]) if (!changed.has(ord)) rows.set(ord, row)
    left = left.filter(({ ord }) => changed.has(ord))
  }

  return rows
}

/**
 * Insert unique jobs and others under locks that are held. The others come first: what a unique job must
 * not stand beside may be among them.
 */
async function insertMixed(
  jobs: readonly NewJob[],
  candidates: readonly Candidate[],
  way: Way,
): Promise<JobRow[]> {
  const places = jobs.flatMap((job, ord) => (job.unique === undefined ? [ord] : []))
  const others = jobs.filter(({ unique }) => unique === undefined)
  const plain = await insertAll(way.client, way.prefix, others, way.channel)
  const rows = await insertOrReplace(jobs, candidates, way)
  for (const [index, ord] of places.entries()) {
    const row = plain[index]
    if (row) rows.set(ord, row)
  }

  return jobs.flatMap((_, ord) => rows.get(ord) ?? [])
}

/** One unique job in one round trip: its locks, and the insert in the same message. */
function insertOne(pool: Pool, prefix: string, candidate: Candidate): Way {
  const locks = lockRecords(planLocks(prefix, lockablesOf([candidate])))
  const lock = inlinedLock(prefix, [String(PATIENCE_MS), locks])

  return {
    client: pool,
    prefix,
    channel: null,
    beganAt: null,
    send: async (values) => {
      const text = `${lock};\n${inlinedInsert(prefix, values)}`
      const [row] = await sendScript<{ jobs: string }>({ client: pool }, text)

      return row && readJson<UniqueAnswer>(row.jobs)
    },
  }
}

/** Each at its place, in one transaction of ours. Its waits are bounded by `lock_timeout`. */
async function insertTogether(
  pool: Pool,
  prefix: string,
  jobs: readonly NewJob[],
  candidates: readonly Candidate[],
): Promise<JobRow[]> {
  const [only] = candidates
  if (only && jobs.length === 1) {
    const rows = await insertOrReplace(jobs, candidates, insertOne(pool, prefix, only))

    return [...rows.values()]
  }

  return inTransaction(pool, 'BEGIN ISOLATION LEVEL READ COMMITTED', async (client) => {
    if (candidates.length > 0) {
      const locks = lockRecords(planLocks(prefix, lockablesOf(candidates)))
      await lockUniqueJobs({ client, prefix, named: false }, PATIENCE_MS, locks)
    }

    return insertMixed(jobs, candidates, {
      client,
      prefix,
      channel: null,
      beganAt: null,
      send: throughClient(client, prefix),
    })
  })
}

/**
 * Insert jobs through a pool of ours, in one transaction; the rows come in the order of the jobs.
 * Announces nothing.
 *
 * @param plain - what sends a statement that needs nothing before it and nothing after it
 * @throws {UniqueLockError} when another transaction inserts the same job and does not end
 * @throws {UniqueIndexError} when a unique index refuses one
 */
export async function enqueueTogether(
  pool: Pool,
  prefix: string,
  jobs: readonly NewJob[],
  plain: QueryClient = pool,
): Promise<JobRow[]> {
  const candidates = candidatesOf(jobs)
  const startedAtMs = monotonicMs()
  try {
    const [first = [], ...rest] = candidates.length === 0 ? batchesOf(jobs) : []
    // One statement is a transaction by itself.
    if (first.length > 0 && rest.length === 0) return await insertJobs(plain, prefix, first, null)

    return await insertTogether(pool, prefix, jobs, candidates)
  } catch (error) {
    const [first] = candidates
    if (first && sqlStateOf(error) === LOCK_NOT_AVAILABLE) {
      throw new UniqueLockError(first.job.worker, monotonicMs() - startedAtMs, { cause: error })
    }
    throw explained(error)
  }
}

/**
 * Insert jobs through a caller's client, announcing their queues in its transaction; the rows come in the
 * order of the jobs.
 *
 * @throws {UniqueLockError} when another transaction inserts the same job and does not end
 * @throws {UniqueIndexError} when a unique index refuses one
 * @throws {ConfigError} when jobs are unique and the client is in no transaction, or in one that does not
 * see what others commit
 */
export async function enqueueThrough(
  client: QueryClient,
  prefix: string,
  jobs: readonly NewJob[],
  channel: string | null = channelName(prefix, 'insert'),
  options: LockOptions = {},
): Promise<JobRow[]> {
  const candidates = candidatesOf(jobs)
  try {
    if (candidates.length === 0) return await insertAll(client, prefix, jobs, channel)
    const locks = planLocks(prefix, lockablesOf(candidates))
    const beganAt = await holdLocks(client, prefix, locks, options)
    const send = throughClient(client, prefix)

    return await insertMixed(jobs, candidates, { client, prefix, channel, beganAt, send })
  } catch (error) {
    throw explained(error)
  }
}

function explained(error: unknown): unknown {
  return sqlStateOf(error) === UNIQUE_VIOLATION ? new UniqueIndexError({ cause: error }) : error
}
