/**
 * What stands in a schema, and whether it can be worked with: three implementations share the
 * tables, and each has its own migrations.
 */
import { MigrationError, SchemaMissingError } from '../database-errors.ts'
import { jobStates } from '../job.ts'
import { loadMigrations } from './migrations.ts'
import { query, type Db } from './query.ts'

export interface SchemaFacts {
  readonly hasSchema: boolean
  readonly hasJobs: boolean
  /** Type of `oban_jobs.errors`: Elixir's is the first, Python's the second. */
  readonly errorsType: 'jsonb[]' | 'jsonb'
  /** `oban_peers`, where Elixir elects its leader. */
  readonly hasPeers: boolean
  /** `oban_leaders`, where oban-py elects its leader. */
  readonly hasLeaders: boolean
  /** `oban_producers`, by which oban-py and Oban Pro judge who is alive. */
  readonly hasProducers: boolean
  /** `oban_ts_producers`, and `oban_ts_migrations`. */
  readonly hasOurProducers: boolean
  readonly hasMigrations: boolean
  /** Version of our own tables, 0 when they are not there. */
  readonly oursVersion: number
  /** Version of Elixir's migrations, null when they did not make the jobs table or hide it. */
  readonly elixirVersion: number | null
  /** Whether the jobs table carries a comment, as Elixir's migrations leave one. */
  readonly hasComment: boolean
  readonly columns: Readonly<Record<string, string>>
  readonly states: readonly string[]
  /** As `server_version_num`: 150004 for 15.4. */
  readonly serverVersion: number
}

interface Catalog {
  readonly hasSchema: boolean
  readonly tables: Readonly<Record<string, string | null>>
  readonly columns: Readonly<Record<string, string>>
  readonly states: readonly string[]
  readonly serverVersion: number
}

const readCatalog = query<{ catalog: string }, [prefix: string]>('describe_schema')

/** Elixir's newest migration that we know; ours have its column types. */
export const knownElixirVersion = 14
export const oldestElixirVersion = 11
const oldestServer = 140_000

// The types of both flavours, by their names in pg_type.
const neededColumns: Readonly<Record<string, readonly string[]>> = {
  id: ['int8'],
  state: ['oban_job_state'],
  queue: ['text'],
  worker: ['text'],
  args: ['jsonb'],
  errors: ['_jsonb', 'jsonb'],
  attempt: ['int4', 'int2'],
  max_attempts: ['int4', 'int2'],
  inserted_at: ['timestamp'],
  scheduled_at: ['timestamp'],
  attempted_at: ['timestamp'],
  completed_at: ['timestamp'],
  discarded_at: ['timestamp'],
  cancelled_at: ['timestamp'],
  attempted_by: ['_text'],
  priority: ['int4', 'int2'],
  tags: ['_text', '_varchar'],
  meta: ['jsonb'],
}

// It came last (version 14), and we never put a job there.
const neededStates = jobStates.filter((state) => state !== 'suspended')

/** Describe the schema `db.prefix` in one round trip, whatever is or is not there. */
export async function describeSchema(db: Db): Promise<SchemaFacts> {
  const [row] = await readCatalog(db, db.prefix)
  const parsed: Catalog = JSON.parse(row?.catalog ?? '{}')
  const { tables, ...catalog } = parsed
  const comment = tables['oban_jobs'] ?? ''

  return {
    ...catalog,
    hasJobs: 'oban_jobs' in tables,
    errorsType: catalog.columns['errors'] === 'jsonb' ? 'jsonb' : 'jsonb[]',
    hasPeers: 'oban_peers' in tables,
    hasLeaders: 'oban_leaders' in tables,
    hasProducers: 'oban_producers' in tables,
    hasOurProducers: 'oban_ts_producers' in tables,
    hasMigrations: 'oban_ts_migrations' in tables,
    oursVersion: Number(tables['oban_ts_migrations'] ?? 0),
    elixirVersion: /^\d+$/.test(comment) ? Number(comment) : null,
    hasComment: comment !== '',
  }
}

/** What of the jobs table does not fit us, in words. Empty when all fits. */
export function misfits(facts: SchemaFacts): string[] {
  const columns = Object.entries(neededColumns).flatMap(([column, types]) => {
    const found = facts.columns[column]
    if (found === undefined) return [`column ${column} is missing`]

    return types.includes(found) ? [] : [`column ${column} is ${found} instead of ${types[0]}`]
  })
  const states = neededStates.filter((state) => !facts.states.includes(state))

  return [...columns, ...states.map((state) => `state ${state} is missing`)]
}

function refuse(reason: string): never {
  throw new MigrationError('OBAN_MIGRATION_FAILED', reason)
}

/**
 * Check that migrations may build on what others left in the schema.
 *
 * @returns warnings
 * @throws {MigrationError} when the server or the jobs table is too old, or a column does not fit
 */
export function checkFoundation(facts: SchemaFacts, prefix: string): string[] {
  if (facts.serverVersion < oldestServer) {
    refuse(
      `PostgreSQL 14 or newer is needed; this server is ${Math.floor(facts.serverVersion / 10_000)}`,
    )
  }
  if (!facts.hasJobs) return []

  const { elixirVersion } = facts
  if (elixirVersion !== null && elixirVersion < oldestElixirVersion) {
    refuse(
      `oban_jobs in schema "${prefix}" is at version ${elixirVersion} of Elixir's migrations, and ` +
        `${oldestElixirVersion} is needed; run Oban.Migration.up() in the Elixir project first`,
    )
  }
  const problems = misfits(facts)
  if (problems.length > 0) {
    refuse(
      `oban_jobs in schema "${prefix}" does not fit: ${problems.join(', ')}; run the migrations of ` +
        'the project that made it (Oban.Migration.up() in Elixir) first',
    )
  }

  return elixirVersion !== null && elixirVersion > knownElixirVersion
    ? [
        `oban_jobs in schema "${prefix}" is at version ${elixirVersion} of Elixir's migrations, and ` +
          `this release knows ${knownElixirVersion}; all needed columns are there`,
      ]
    : []
}

/**
 * Check that an instance can start on this schema.
 *
 * Indexes that are still to be built do not count: they make statements faster, nothing more.
 *
 * @throws {SchemaMissingError} when tables are missing or older than this version needs
 * @throws {MigrationError} `OBAN_SCHEMA_NEWER` when a newer version migrated the schema
 */
export function requireSchema(facts: SchemaFacts, prefix: string): void {
  const migrations = loadMigrations()
  const needed = migrations.findLast(({ index }) => index === undefined)?.version ?? 0
  if (!facts.hasJobs || facts.oursVersion < needed) throw new SchemaMissingError(prefix)

  const latest = migrations.at(-1)?.version ?? 0
  if (facts.oursVersion > latest) throw newerSchema(prefix, facts.oursVersion, latest)
}

/** The error for a schema that a newer release of ours migrated. */
export function newerSchema(prefix: string, version: number, latest: number): MigrationError {
  return new MigrationError(
    'OBAN_SCHEMA_NEWER',
    `schema "${prefix}" is at version ${version}, and this release of oban-ts knows ${latest}; ` +
      'upgrade oban-ts',
  )
}
