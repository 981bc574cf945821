/** What stands in the schema, against what each of the three implementations makes there. */
import { knownElixirVersion, misfits, oldestElixirVersion } from '../../engine/schema.ts'
import { examineTables, type ColumnFacts, type TableFacts } from '../../engine/examine.ts'
import { loadMigrations } from '../../engine/migrations.ts'
import { quoteIdentifier } from '../../engine/query.ts'
import { jobStates } from '../../job.ts'
import { defineCheck, note, ok, problem, warning, type Scene } from './finding.ts'
import { otherSchemas } from './server.ts'
import { command, list, tableIn } from './wording.ts'

async function lookAtTables({ db, prefix }: Scene) {
  return (await examineTables(db, prefix)) ?? {}
}

const facts = (scene: Scene) => Promise.resolve(scene.schema)

export const tables = defineCheck({
  id: 'tables',
  theme: 'schema',
  why: 'an instance starts only where its tables are',
  look: facts,
  judge(schema, { prefix }) {
    if (!schema.hasSchema) {
      return problem(`there is no schema "${prefix}"`, command(prefix, 'install'))
    }
    if (!schema.hasJobs) {
      return problem(`schema "${prefix}" has no oban_jobs`, command(prefix, 'install'))
    }
    if (schema.oursVersion === 0) {
      return problem(
        `oban_jobs of ${schema.hasComment ? 'Elixir' : 'oban-py'} is there, our tables are not`,
        command(prefix, 'install'),
      )
    }

    return ok(`in schema "${prefix}"`)
  },
})

export const migrations = defineCheck({
  id: 'migrations',
  theme: 'schema',
  why: 'a release works on the tables of its own version',
  needs: 'tables',
  look: facts,
  judge({ oursVersion }, { prefix }) {
    const known = loadMigrations()
    const latest = known.at(-1)?.version ?? 0
    const newest = known.findLast(({ optional }) => !optional)?.version ?? 0
    if (oursVersion > latest) {
      return problem(
        `version ${oursVersion}, and this release knows ${latest}`,
        'npm install oban-ts@latest',
      )
    }
    if (oursVersion >= newest) return ok(`version ${oursVersion}, the latest`)
    const pending = known.filter(({ optional, version }) => !optional && version > oursVersion)
    const found = `version ${oursVersion}; pending: ${pending.map(({ name }) => name).join(', ')}`

    return pending.every(({ index }) => index !== undefined)
      ? warning(found, command(prefix, 'migrate'))
      : problem(found, command(prefix, 'migrate'))
  },
})

/** Columns that each insert of ours gives a value. */
const written = new Set(
  'state worker queue args meta tags priority max_attempts scheduled_at'.split(' '),
)
/** Columns that a job begins with, and no insert of ours gives. */
const defaulted = ['id', 'errors', 'attempt', 'inserted_at']

export const columns = defineCheck({
  id: 'columns',
  theme: 'schema',
  why: 'Elixir, oban-py and we share the columns of oban_jobs: one that differs breaks statements',
  needs: 'jobs',
  look: async (scene) => (await scene.look(lookAtTables))['oban_jobs'],
  judge(jobs, { prefix, schema }) {
    const found = Object.entries(jobs?.columns ?? {})
    const bare = defaulted.filter((name) => jobs?.columns[name]?.hasDefault === false)
    const foreign = found.filter(([name]) => !written.has(name) && !defaulted.includes(name))
    const demanding = foreign.filter(([, column]) => isDemanding(column)).map(([name]) => name)
    const wrong = [
      ...misfits(schema).filter((text) => text.startsWith('column')),
      ...bare.map((name) => `column ${name} has no default`),
      ...demanding.map((name) => `column ${name} is NOT NULL without a default`),
    ]
    if (wrong.length === 0) return ok(`${found.length} columns, of types that we know`)
    const table = tableIn(prefix)

    return problem(
      list(wrong),
      ...(misfits(schema).length > 0
        ? ['run the migrations of the project that made the table (Oban.Migration.up() in Elixir)']
        : []),
      ...bare.map(
        (name) => `ALTER TABLE ${table} ALTER ${name} SET DEFAULT ${defaultOf(name, schema)};`,
      ),
      ...demanding.map(
        (name) => `ALTER TABLE ${table} ALTER ${quoteIdentifier(name)} DROP NOT NULL;`,
      ),
    )
  },
})

function isDemanding(column: ColumnFacts | undefined): boolean {
  return column?.isRequired === true && !column.hasDefault
}

function defaultOf(name: string, { errorsType }: Scene['schema']): string {
  if (name === 'id') return "nextval('…the sequence that id had…')"
  if (name === 'attempt') return '0'
  if (name === 'inserted_at') return "timezone('UTC', now())"

  return errorsType === 'jsonb' ? "'[]'" : 'ARRAY[]::jsonb[]'
}

export const states = defineCheck({
  id: 'states',
  theme: 'schema',
  why: 'a job that comes into a state that the type lacks fails the whole statement',
  needs: 'jobs',
  look: facts,
  judge(schema, { prefix }) {
    const missing = jobStates.filter((state) => !schema.states.includes(state))
    if (missing.length === 0) return ok(`all ${schema.states.length}`)
    if (missing.every((state) => state === 'suspended')) {
      return note('suspended is missing, which only Oban Pro needs: Elixir adds it in version 14')
    }

    return problem(
      `missing: ${list(missing)}`,
      ...missing.map(
        (state) => `ALTER TYPE ${tableIn(prefix, 'oban_job_state')} ADD VALUE '${state}';`,
      ),
    )
  },
})

const rules: Readonly<Record<string, string>> = {
  attempt_range: 'attempt >= 0 AND attempt <= max_attempts',
  positive_max_attempts: 'max_attempts > 0',
  queue_length: 'char_length(queue) > 0 AND char_length(queue) < 128',
  worker_length: 'char_length(worker) > 0 AND char_length(worker) < 128',
}

export const constraints = defineCheck({
  id: 'constraints',
  theme: 'schema',
  why: 'they keep out rows that nobody could run, whoever writes them',
  needs: 'jobs',
  look: async (scene) => (await scene.look(lookAtTables))['oban_jobs']?.constraints ?? [],
  judge(names, { prefix }) {
    const missing = Object.entries(rules).filter(([name]) => !names.includes(name))
    if (missing.length === 0) return ok(`${names.length} are there`)

    return warning(
      `missing: ${list(missing.map(([name]) => name))}`,
      ...missing.map(
        ([name, rule]) =>
          `ALTER TABLE ${tableIn(prefix)} ADD CONSTRAINT ${name} CHECK (${rule}) NOT VALID;`,
      ),
    )
  },
})

export const triggers = defineCheck({
  id: 'triggers',
  theme: 'schema',
  why: 'a trigger runs with each change of a job, and row security hides jobs from nodes',
  needs: 'jobs',
  look: async (scene) => (await scene.look(lookAtTables))['oban_jobs'],
  judge(jobs, { prefix }) {
    const names = jobs?.triggers ?? []
    const isSecured = jobs?.hasRowSecurity === true
    if (!isSecured && names.length === 0) return ok('none, and no row security')
    const table = tableIn(prefix)
    // Elixir's migrations had one until version 12: every insert would be announced twice.
    const old = names.filter((name) => name === 'oban_notify')
    const found = [
      ...(names.length > 0 ? [`triggers: ${list(names)}`] : []),
      ...(isSecured ? ['row level security is on: a policy decides which jobs a node sees'] : []),
    ]
    const todo = [
      ...old.map((name) => `DROP TRIGGER ${name} ON ${table};`),
      ...(isSecured ? [`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY;`] : []),
    ]

    return todo.length > 0 ? warning(found.join('; '), ...todo) : note(found.join('; '))
  },
})

interface OwnTable {
  readonly name: string
  /** The migration that makes it. */
  readonly version: number
  readonly columns: readonly string[]
  readonly key: readonly string[]
}

const own: readonly OwnTable[] = [
  {
    name: 'oban_ts_producers',
    version: 2,
    columns: 'uuid name node queue beat meta started_at updated_at dead_at'.split(' '),
    key: ['uuid'],
  },
  {
    name: 'oban_ts_leaders',
    version: 6,
    columns: 'name node elected_at expires_at'.split(' '),
    key: ['name'],
  },
  {
    name: 'oban_ts_crons',
    version: 7,
    columns: 'instance name last_at'.split(' '),
    key: ['instance', 'name'],
  },
]

const ownTables = defineCheck({
  id: 'own-tables',
  theme: 'schema',
  why: 'nodes judge each other, and choose a leader, by these rows',
  needs: 'tables',
  look: lookAtTables,
  judge(found, { prefix, schema }) {
    // A version that is to come brings its tables along.
    const due = own.filter(({ version }) => version <= schema.oursVersion)
    const flawed = due.flatMap((table) => {
      const flaws = flawsOf(table, found[table.name])

      return flaws.length > 0 ? [{ ...table, flaws }] : []
    })
    if (flawed.length > 0) {
      return problem(
        list(flawed.flatMap(({ flaws }) => flaws)),
        ...flawed.flatMap(({ name, version }) => [
          `DROP TABLE IF EXISTS ${tableIn(prefix, name)};`,
          `DELETE FROM ${tableIn(prefix, 'oban_ts_migrations')} WHERE version = ${version};`,
        ]),
        command(prefix, 'install'),
      )
    }
    const unlogged = due.filter(({ name }) => found[name]?.isUnlogged === true)
    if (unlogged.length > 0) {
      return warning(
        `unlogged: ${list(unlogged.map(({ name }) => name))}; after a crash of the server every node looks dead`,
        ...unlogged.map(({ name }) => `ALTER TABLE ${tableIn(prefix, name)} SET LOGGED;`),
      )
    }

    return ok(`${due.length} tables, as we made them`)
  },
})

function flawsOf(table: OwnTable, found: TableFacts | undefined): string[] {
  if (found === undefined) return [`${table.name} is missing`]
  const missing = table.columns.filter((column) => found.columns[column] === undefined)
  const hasKey = table.key.every((column) => found.key.includes(column))

  return [
    ...missing.map((column) => `${table.name} has no column ${column}`),
    ...(hasKey ? [] : [`${table.name} has no primary key (${table.key.join(', ')})`]),
  ]
}

export const elixirVersion = defineCheck({
  id: 'elixir-version',
  theme: 'schema',
  why: "the comment on oban_jobs is the version from which Elixir's migrations go on",
  needs: 'jobs',
  look: facts,
  judge(schema, { prefix }) {
    const { elixirVersion: found, hasComment } = schema
    if (found === null) {
      if (hasComment) return note('the comment is no version: somebody else manages the table')

      return schema.errorsType === 'jsonb'
        ? ok('none: oban-py made the table')
        : warning(
            "none: Elixir's migrations would begin at version 1, and fail",
            `COMMENT ON TABLE ${tableIn(prefix)} IS '14';  -- or the version that its columns have`,
          )
    }
    if (found < oldestElixirVersion) {
      return problem(
        `version ${found}, and ${oldestElixirVersion} is needed`,
        'run Oban.Migration.up() in the Elixir project',
      )
    }

    return found > knownElixirVersion
      ? note(`version ${found}; this release knows ${knownElixirVersion}, and the columns decide`)
      : ok(`version ${found}`)
  },
})

export const schemaChecks = [
  tables,
  migrations,
  columns,
  states,
  constraints,
  triggers,
  ownTables,
  elixirVersion,
  otherSchemas,
]
