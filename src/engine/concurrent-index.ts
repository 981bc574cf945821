/**
 * Indexes on a jobs table in use: built outside any transaction, without blocking a write, and from
 * the beginning again when a build was interrupted.
 *
 * Behind a pooler a lock of the session would stay with whoever comes next, and so would its settings:
 * there only the lock that PostgreSQL takes on the table keeps builders apart.
 */
import type { MigrationDb } from './migration-log.ts'
import type { Migration } from './migrations.ts'
import { isPooled } from './pooler.ts'
import { inSchema, query, type Db } from './query.ts'

const inspectIndex = query<{ valid: 't' | 'f' }, [prefix: string, index: string]>('inspect_index')
const tryLockIndexes = query<{ locked: 't' | 'f' }, [prefix: string]>('try_lock_indexes')
const unlockIndexes = query<object, [prefix: string]>('unlock_indexes')
const sleep = query<object, [seconds: number]>('sleep')

const lockRetrySeconds = 0.2

/** An interrupted build leaves an index that costs writes and serves no read. */
async function indexState(db: Db, index: string): Promise<'valid' | 'invalid' | 'missing'> {
  const [row] = await inspectIndex(db, db.prefix, index)
  if (row === undefined) return 'missing'

  return row.valid === 't' ? 'valid' : 'invalid'
}

/** Run `work` as the only process that touches indexes of this schema. */
export async function withIndexLock<Result>(
  db: MigrationDb,
  work: () => Promise<Result>,
): Promise<Result> {
  if (await isPooled(db.client)) return work()
  let [row] = await tryLockIndexes(db, db.prefix)
  while (row?.locked !== 't') {
    await sleep(db, lockRetrySeconds)
    ;[row] = await tryLockIndexes(db, db.prefix)
  }

  return finishing(work, () => unlockIndexes(db, db.prefix))
}

/** Run `work`, and `finish` in any case. A lost connection fails both: only the first is told. */
async function finishing<Result>(
  work: () => Promise<Result>,
  finish: () => Promise<unknown>,
): Promise<Result> {
  let result: Result
  try {
    result = await work()
  } catch (error) {
    await Promise.allSettled([finish()])
    throw error
  }
  await finish()

  return result
}

/**
 * Build the index of a migration unless a complete one is there. Only under the lock, without which
 * the index that another process is building looks like an interrupted one.
 */
export async function buildIndex(
  db: MigrationDb,
  migration: Migration,
): Promise<'built' | 'found'> {
  const state = await indexState(db, migration.index ?? '')
  if (state === 'valid') return 'found'

  if (state === 'invalid') await runUnlimited(db, migration.down)
  await runUnlimited(db, migration.up)

  return 'built'
}

/** Drop the index of a migration, as little in the way of others as it was built. */
export async function dropIndex(db: MigrationDb, migration: Migration): Promise<void> {
  await runUnlimited(db, migration.down)
}

/** Run one statement that may take as long as a large table needs, whatever limits the role has. */
async function runUnlimited({ client, prefix }: MigrationDb, sql: string): Promise<void> {
  if (await isPooled(client)) {
    await client.query(inSchema(sql, prefix))

    return
  }
  await client.query('SET statement_timeout = 0; SET lock_timeout = 0')
  await finishing(
    () => client.query(inSchema(sql, prefix)),
    () => client.query('RESET statement_timeout; RESET lock_timeout'),
  )
}
