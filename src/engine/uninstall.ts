/**
 * Takes away what our migrations made in a schema, and nothing that others made.
 */
import type { ClientBase } from 'pg'
import { MigrationError } from '../database-errors.ts'
import { dropIndex, withIndexLock } from './concurrent-index.ts'
import {
  exclusively,
  readLog,
  refuseNewer,
  runMigration,
  type MigrationDb,
  type MigrationLog,
} from './migration-log.ts'
import { loadMigrations, type Migration } from './migrations.ts'
import { livePeers, livePythonProducers } from './neighbours.ts'
import { inSchema, query } from './query.ts'
import { describeSchema, type SchemaFacts } from './schema.ts'

export interface UninstallResult {
  /** Names of the migrations that were taken back, newest first. */
  readonly removed: readonly string[]
  /** Whether `oban_jobs` stays, as Elixir's or Python's migrations made it. */
  readonly keptJobs: boolean
}

const liveProducers = query<{ readonly node: string }, []>('live_producers')

/**
 * Drop our tables, and `oban_jobs` with all its jobs where `install` made it. The schema itself stays.
 *
 * @param client - a connection of its own, outside any transaction
 * @throws {MigrationError} while a node that needs the tables shows life, which takes a minute to end
 *   after a crash; when a newer release migrated the schema; or when a statement fails
 * @see https://hexdocs.pm/oban/Oban.Migration.html#down/1
 */
export async function uninstall(
  client: ClientBase,
  { prefix }: { readonly prefix: string },
): Promise<UninstallResult> {
  const db: MigrationDb = { client, prefix, named: false }
  const known = loadMigrations()
  const log = await exclusively(db, () => dropTables(db, known))
  const ours = made(log, known)
  const keptJobs = log.get(1)?.adopted === true
  // Last, as an interrupted run leaves an index then that the next install adopts.
  if (keptJobs) await dropIndexes(db, ours)

  return { removed: ours.map(({ name }) => name), keptJobs }
}

/** The migrations that made something, newest first. */
function made(log: MigrationLog, known: readonly Migration[]): Migration[] {
  return known.filter(({ version }) => log.get(version)?.adopted === false).toReversed()
}

async function dropTables(db: MigrationDb, known: readonly Migration[]): Promise<MigrationLog> {
  const facts = await describeSchema(db)
  if (!facts.hasMigrations) return new Map()

  const log = await readLog(db)
  refuseNewer(log, known, db.prefix)
  await refuseWhileInUse(db, facts, log)
  for (const migration of made(log, known)) {
    // Indexes go with a table of ours, and on others' outside the transaction.
    if (migration.index !== undefined) continue

    const sql = inSchema(migration.down, db.prefix)
    await runMigration(migration, () => db.client.query(sql))
  }
  await db.client.query(inSchema('DROP TABLE /*prefix*/oban_ts_migrations', db.prefix))

  return log
}

async function dropIndexes(db: MigrationDb, migrations: readonly Migration[]): Promise<void> {
  const indexes = migrations.filter(({ index }) => index !== undefined)
  if (indexes.length === 0) return

  await withIndexLock(db, async () => {
    for (const migration of indexes) await runMigration(migration, () => dropIndex(db, migration))
  })
}

/** Elixir and Python nodes may work on tables that are ours to drop, but go on without our own. */
async function refuseWhileInUse(
  db: MigrationDb,
  facts: SchemaFacts,
  log: MigrationLog,
): Promise<void> {
  const dropsJobs = log.get(1)?.adopted === false
  const nodes = [
    ...(facts.hasOurProducers ? await liveProducers(db) : []),
    ...(dropsJobs && facts.hasPeers ? await livePeers(db) : []),
    ...(dropsJobs && facts.hasProducers ? await livePythonProducers(db) : []),
  ]
  if (nodes.length === 0) return

  const names = [...new Set(nodes.map(({ node }) => node))].join(', ')
  throw new MigrationError(
    'OBAN_MIGRATION_FAILED',
    `schema "${db.prefix}" is in use by ${names}; stop them (after a crash, wait a minute) and try again`,
  )
}
