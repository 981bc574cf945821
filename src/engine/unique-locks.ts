/**
 * The locks under which unique jobs are inserted, so that no two transactions look at the same time and
 * find nothing both. They belong to the transaction and end with it.
 *
 * A job locks its identity; and its family, shared with others. A call with very many jobs locks families
 * as a whole instead, against everybody: PostgreSQL has room for some thousand locks, of all connections
 * together. All of them are taken in one order, so that transactions of ours wait for each other in a
 * line, not in a ring.
 */
import { createHash } from 'node:crypto'
import { jitter, type Random } from '../backoff.ts'
import { type Clock, systemClock } from '../clock.ts'
import { ConfigError } from '../errors.ts'
import type { QueryClient } from '../job/query-client.ts'
import { UniqueLockError } from '../unique-errors.ts'
import { ask } from './ask.ts'
import { source } from './query.ts'

/** Longest wait, in milliseconds. */
export const PATIENCE_MS = 5_000

/** Most locks of one call: 64 calls at once fit into the lock table of a server with default settings. */
const MOST_LOCKS = 100

const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 100

export interface UniqueLock {
  /** 64 bits with a sign, as text. */
  readonly key: string
  readonly isShared: boolean
  /** One whose jobs want it, for messages. */
  readonly worker: string
}

/** What is locked for one job. */
export interface Lockable {
  readonly identity: string
  readonly family: string
  readonly worker: string
}

function keyOf(kind: 'family' | 'identity', prefix: string, text: string): bigint {
  const hash = createHash('sha256').update(JSON.stringify([kind, prefix, text]))

  return hash.digest().readBigInt64BE(0)
}

/** The locks for all jobs of a call, in the order in which everybody takes them. */
export function planLocks(prefix: string, jobs: readonly Lockable[]): UniqueLock[] {
  const identities = new Map(jobs.map((job) => [job.identity, job]))
  const families = new Map(jobs.map((job) => [job.family, job]))
  const isWhole = identities.size + families.size > MOST_LOCKS
  const locks = [...families.values()].map(({ family, worker }) => {
    return { key: keyOf('family', prefix, family), isShared: !isWhole, worker }
  })
  if (!isWhole) {
    for (const { identity, worker } of identities.values()) {
      locks.push({ key: keyOf('identity', prefix, identity), isShared: false, worker })
    }
  }

  return locks
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .map((lock) => ({ ...lock, key: String(lock.key) }))
}

/** The locks as parameters of a statement. */
export function lockRecords(locks: readonly UniqueLock[]): string {
  return JSON.stringify(
    locks.map(({ key, isShared }, index) => ({ n: index + 1, key, is_shared: isShared })),
  )
}

interface Tried {
  readonly held: number
  readonly isolation: string
  /** Tells one transaction from another. */
  readonly began_at: string
}

export interface LockOptions {
  readonly clock?: Clock
  readonly random?: Random
}

const tryText = source('try_unique_locks')

/**
 * Take locks in a caller's transaction: asked for again and again, since a wait inside of PostgreSQL could
 * close a ring with what the transaction has locked before.
 *
 * @returns when the transaction began, as a mark of it
 * @throws {UniqueLockError} when another transaction does not let go of one in time
 * @throws {ConfigError} when the transaction could not see what others have inserted
 */
export async function holdLocks(
  client: QueryClient,
  prefix: string,
  locks: readonly UniqueLock[],
  { clock = systemClock, random }: LockOptions = {},
): Promise<string> {
  const startedAtMs = clock.monotonicMs()
  // Two that wait for each other do not give up together: one may still get what the other lets go of.
  const patienceMs = jitter(PATIENCE_MS, { mode: 'dec', mult: 0.2 }, random)
  let left = locks
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const tried = await ask<Tried>(client, tryText(prefix), [lockRecords(left)])
    if (tried === undefined) throw new Error('the database told nothing of the locks')
    refuseFrozen(tried.isolation)
    left = left.slice(tried.held)
    const [busy] = left
    if (busy === undefined) return tried.began_at
    const waitedMs = clock.monotonicMs() - startedAtMs
    if (waitedMs + pauseMs > patienceMs) throw new UniqueLockError(busy.worker, waitedMs)
    // In step they would all come at once, and leave the lock alone until they come again.
    const nextMs = jitter(pauseMs, { mode: 'dec', mult: 0.75 }, random)
    await new Promise<void>((resolve) => {
      clock.after(nextMs, resolve, { keepAlive: true })
    })
  }
}

/** A transaction with one snapshot sees nothing of what was inserted before the locks were had. */
function refuseFrozen(isolation: string): void {
  if (isolation === 'read committed' || isolation === 'read uncommitted') return
  const message =
    `is in a transaction with ${isolation}, which does not see what others have inserted: a unique job ` +
    'needs READ COMMITTED, or a transaction of its own'
  throw new ConfigError([{ path: 'client', message }])
}

/** @throws {ConfigError} the locks ended before the insert came */
export function refuseApart(): never {
  const message =
    'is in no transaction: the locks of a unique job last until its end. Send BEGIN first, or leave ' +
    '`client` out'
  throw new ConfigError([{ path: 'client', message }])
}
