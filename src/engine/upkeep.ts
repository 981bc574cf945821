/** Statements that keep the jobs table fit, as its owner may. */
import { SchemaMissingError } from '../database-errors.ts'
import { query, quoteIdentifier, type Db } from './query.ts'

interface WearRow {
  readonly updates: string
  readonly dead: string
  readonly vacuums: string
}

export const lookWear = query<WearRow, [prefix: string]>('look_wear')

interface UpkeepRow {
  /** Whether this role may vacuum the table. */
  readonly allowed: 't' | 'f'
  /** Whether it may rebuild the indexes. */
  readonly rebuilds: 't' | 'f'
  /** Somebody maintains or alters the table now. */
  readonly busy: 't' | 'f'
}

export const inspectUpkeep = query<UpkeepRow, [prefix: string]>('inspect_upkeep')

/**
 * What this role may do to the table, if it may be done now.
 *
 * @throws {SchemaMissingError} when the table is gone: no right that the role lacks, so that it is told
 *   each time until the table is back
 */
export async function upkeepOf(db: Db): Promise<UpkeepRow> {
  const [row] = await inspectUpkeep(db, db.prefix)
  if (row === undefined) throw new SchemaMissingError(db.prefix)

  return row
}

export const findWaiting = query<{ waiting: 't' | 'f' }, [prefix: string]>('find_waiting')

export const vacuumJobs = query<never, []>('vacuum_jobs')

interface IndexRow {
  readonly name: string
  readonly leftover: 't' | 'f'
}

export const jobsIndexes = query<IndexRow, [prefix: string]>('jobs_indexes')

/** Rebuild an index while everybody goes on reading and writing. */
export async function rebuildIndex(db: Db, name: string): Promise<void> {
  await db.client.query({ text: `REINDEX INDEX CONCURRENTLY ${indexOf(db, name)}` })
}

export async function dropIndex(db: Db, name: string): Promise<void> {
  await db.client.query({ text: `DROP INDEX CONCURRENTLY IF EXISTS ${indexOf(db, name)}` })
}

function indexOf({ prefix }: Db, name: string): string {
  return `${quoteIdentifier(prefix)}.${quoteIdentifier(name)}`
}
