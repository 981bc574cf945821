/**
 * Brings a schema to the version that this release needs.
 *
 * Any number of processes may do so at once. What runs in a transaction happens as a whole or not at
 * all; only indexes on a jobs table in use are built outside.
 */
import type { ClientBase } from 'pg'
import { MigrationError } from '../database-errors.ts'
import { buildIndex, withIndexLock } from './concurrent-index.ts'
import {
  createLog,
  exclusively,
  publishVersion,
  readLog,
  record,
  refuseNewer,
  runMigration,
  type MigrationDb,
  type MigrationLog,
} from './migration-log.ts'
import { loadMigrations, type Migration } from './migrations.ts'
import { inSchema, quoteIdentifier } from './query.ts'
import { checkFoundation, describeSchema, type SchemaFacts } from './schema.ts'

export interface InstallOptions {
  /** Name of the schema; it is created when it is missing. */
  readonly prefix: string
  /** Also build the GIN indexes on args and meta, for which every insert pays. Default: false */
  readonly searchIndexes?: boolean
}

export interface InstallResult {
  /** Names of the migrations that ran here and now. */
  readonly applied: readonly string[]
  readonly warnings: readonly string[]
}

export interface SchemaStatus {
  /** Version of our own tables, 0 when they are not there. */
  readonly version: number
  /** Version that `install` leads to. */
  readonly latest: number
  readonly pending: readonly string[]
  /** Whose migrations made `oban_jobs`. */
  readonly jobsTable: 'ours' | 'elixir' | 'python' | 'missing'
  /** Version of Elixir's migrations, also where ours made the table in its image. */
  readonly elixirVersion: number | null
}

/**
 * Create what is missing in a schema. On tables that Elixir or Python made it only adds.
 *
 * @param client - a connection of its own, outside any transaction
 * @throws {MigrationError} `OBAN_SCHEMA_NEWER` when a newer release migrated the schema,
 *   `OBAN_MIGRATION_FAILED` when it cannot be built upon or a statement fails
 * @see https://hexdocs.pm/oban/Oban.Migration.html#up/1
 */
export async function install(client: ClientBase, options: InstallOptions): Promise<InstallResult> {
  const db: MigrationDb = { client, prefix: options.prefix, named: false }
  const known = loadMigrations()
  const wanted = known.filter(({ optional }) => !optional || options.searchIndexes === true)
  const { applied, warnings } = await exclusively(db, () => migrateTables(db, known, wanted))
  const built = await buildIndexes(db, known, wanted)

  return { applied: [...applied, ...built], warnings }
}

async function migrateTables(
  db: MigrationDb,
  known: readonly Migration[],
  wanted: readonly Migration[],
): Promise<InstallResult> {
  const facts = await describeSchema(db)
  const warnings = checkFoundation(facts, db.prefix)
  await createContainers(db, facts)
  const log = await readLog(db)
  refuseNewer(log, known, db.prefix)
  if (log.has(1) && !facts.hasJobs) throw lostJobs(db.prefix)

  const applied: string[] = []
  const pending = wanted.filter(({ version }) => !log.has(version))
  for (const migration of pending) {
    const adopted = migration.unlessJobs && facts.hasJobs
    // A table that others may be using gets its indexes later, outside the transaction.
    if (migration.index !== undefined && facts.hasJobs) continue

    if (!adopted) {
      const sql = inSchema(migration.up.replace(' CONCURRENTLY', ''), db.prefix)
      await runMigration(migration, () => db.client.query(sql))
      applied.push(migration.name)
    }
    await record(db, migration, { adopted })
  }
  if (pending.length > 0) await publishVersion(db, known)

  return { applied, warnings }
}

/** The schema and the table of migrations. `CREATE SCHEMA` asks for a right even when it exists. */
async function createContainers(db: MigrationDb, facts: SchemaFacts): Promise<void> {
  if (!facts.hasSchema) await db.client.query(`CREATE SCHEMA ${quoteIdentifier(db.prefix)}`)
  if (!facts.hasMigrations) await createLog(db)
}

function lostJobs(prefix: string): MigrationError {
  return new MigrationError(
    'OBAN_MIGRATION_FAILED',
    `oban_jobs is gone from schema "${prefix}", although oban_ts_migrations records it; restore ` +
      'it, or run `oban uninstall` and install again',
  )
}

/** Build what is missing on a jobs table in use. */
async function buildIndexes(
  db: MigrationDb,
  known: readonly Migration[],
  wanted: readonly Migration[],
): Promise<string[]> {
  const log = await readLog(db)
  const pending = wanted.filter(({ version }) => !log.has(version))
  if (pending.length === 0) return []

  return withIndexLock(db, async () => {
    const built: string[] = []
    for (const migration of pending) {
      if (await buildAndRecord(db, known, migration)) built.push(migration.name)
    }

    return built
  })
}

/** Whether the index was built here: it may be there already, or have come while we waited. */
async function buildAndRecord(
  db: MigrationDb,
  known: readonly Migration[],
  migration: Migration,
): Promise<boolean> {
  const outcome = await runMigration(migration, () => buildIndex(db, migration))
  await exclusively(db, async () => {
    const log = await readLog(db)
    if (log.has(migration.version)) return

    await record(db, migration, { adopted: outcome === 'found' })
    await publishVersion(db, known)
  })

  return outcome === 'built'
}

const noMigrations: MigrationLog = new Map()

/**
 * Report what is installed in a schema, without changing anything.
 *
 * @see https://hexdocs.pm/oban/Oban.Migration.html#migrated_version/1
 */
export async function status(
  client: ClientBase,
  { prefix }: { readonly prefix: string },
): Promise<SchemaStatus> {
  const db: MigrationDb = { client, prefix, named: false }
  const required = loadMigrations().filter(({ optional }) => !optional)
  const facts = await describeSchema(db)
  const log = facts.hasMigrations ? await readLog(db) : noMigrations

  return {
    version: facts.oursVersion,
    latest: required.at(-1)?.version ?? 0,
    pending: required.filter(({ version }) => !log.has(version)).map(({ name }) => name),
    jobsTable: ownerOfJobs(facts, log),
    elixirVersion: facts.elixirVersion,
  }
}

function ownerOfJobs(facts: SchemaFacts, log: MigrationLog): SchemaStatus['jobsTable'] {
  if (!facts.hasJobs) return 'missing'
  if (log.get(1)?.adopted === false) return 'ours'

  return facts.hasComment || facts.errorsType === 'jsonb[]' ? 'elixir' : 'python'
}
