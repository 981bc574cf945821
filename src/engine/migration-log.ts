/**
 * `oban_ts_migrations`: which migrations ran in a schema, and the lock under which it changes.
 *
 * The rows are the history. The comment on the table is the version, as on Elixir's table, since one
 * query of the catalog can read it where the table may be missing.
 */
import type { ClientBase } from 'pg'
import { MigrationError } from '../database-errors.ts'
import type { Migration } from './migrations.ts'
import { inSchema, query, type Db } from './query.ts'
import { newerSchema } from './schema.ts'

/** What ran, by version. Adopted is what others had made before: it is theirs to drop. */
export type MigrationLog = ReadonlyMap<number, { readonly adopted: boolean }>

/** A schema, reached over a connection that is not shared while migrations run. */
export interface MigrationDb extends Db {
  readonly client: ClientBase
}

const lockMigrations = query<object, [prefix: string]>('lock_migrations')
const listMigrations = query<{ version: string; adopted: 't' | 'f' }, []>('list_migrations')
/** Create the table of migrations. */
export const createLog = query<object, []>('create_migrations')
const recordMigration = query<object, [version: number, name: string, adopted: boolean]>(
  'record_migration',
)

/** Run `work` in a transaction, as the only process that migrates this schema. */
export async function exclusively<Result>(
  db: MigrationDb,
  work: () => Promise<Result>,
): Promise<Result> {
  // Whatever the role's default: a snapshot taken before the lock would not see what was awaited.
  await db.client.query('BEGIN ISOLATION LEVEL READ COMMITTED')
  try {
    await lockMigrations(db, db.prefix)
    // Who waits for a table holds up all that come after: better to fail, and be run again.
    await db.client.query(`SET LOCAL lock_timeout = '10s'`)
    const result = await work()
    await db.client.query('COMMIT')

    return result
  } catch (error) {
    // A lost connection rolls back by itself; the error that led here is the one to tell.
    await Promise.allSettled([db.client.query('ROLLBACK')])
    throw error
  }
}

/** Read what ran. The table must be there. */
export async function readLog(db: MigrationDb): Promise<MigrationLog> {
  const rows = await listMigrations(db)

  return new Map(rows.map((row) => [Number(row.version), { adopted: row.adopted === 't' }]))
}

/** Note that a migration ran. */
export async function record(
  db: MigrationDb,
  { version, name }: Migration,
  { adopted }: { readonly adopted: boolean },
): Promise<void> {
  await recordMigration(db, version, name, adopted)
}

/** Let the comment follow the rows. An optional migration is no version. */
export async function publishVersion(db: MigrationDb, known: readonly Migration[]): Promise<void> {
  const log = await readLog(db)
  const reached = known.findLast(({ optional, version }) => !optional && log.has(version))
  const comment = `COMMENT ON TABLE /*prefix*/oban_ts_migrations IS '${reached?.version ?? 0}'`
  await db.client.query(inSchema(comment, db.prefix))
}

/**
 * Check that this release knows every migration that ran.
 *
 * @throws {MigrationError} `OBAN_SCHEMA_NEWER`
 */
export function refuseNewer(log: MigrationLog, known: readonly Migration[], prefix: string): void {
  const latest = known.at(-1)?.version ?? 0
  const newest = Math.max(0, ...log.keys())
  if (newest > latest) throw newerSchema(prefix, newest, latest)
}

/**
 * Run a statement of a migration, and name the migration when it fails.
 *
 * @throws {MigrationError} with what PostgreSQL said
 */
export async function runMigration<Result>(
  { name, index }: Migration,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const effect = index === undefined ? 'nothing was changed' : 'run it again to resume'
    throw new MigrationError(
      'OBAN_MIGRATION_FAILED',
      `migration ${name} failed: ${reason}; ${effect}`,
      { cause: error },
    )
  }
}
