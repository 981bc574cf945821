/** Indexes: those that statements of ours lean on, and what interrupted builds have left behind. */
import { examineIndexes, type IndexFacts } from '../../engine/examine.ts'
import { loadMigrations } from '../../engine/migrations.ts'
import { count } from '../quantity.ts'
import { defineCheck, note, ok, problem, warning, type Scene } from './finding.ts'
import { lookAtWear } from './table.ts'
import { command, list, statement, tableIn } from './wording.ts'

async function lookAtIndexes({ db, prefix }: Scene) {
  return (await examineIndexes(db, prefix)) ?? []
}

interface Needed {
  readonly name: string
  readonly columns: readonly string[]
  /** Without it claims walk through the whole table, or only a service gets slower. */
  readonly lack: 'note' | 'problem' | 'warning'
  readonly serves: string
}

/** By their columns: who made them may have given other names. */
const needed: readonly Needed[] = [
  {
    name: 'oban_jobs_state_queue_priority_scheduled_at_id_index',
    columns: ['state', 'queue', 'priority', 'scheduled_at', 'id'],
    lack: 'problem',
    serves: 'claims',
  },
  {
    name: 'oban_jobs_staging_index',
    columns: ['scheduled_at', 'id'],
    lack: 'warning',
    serves: 'staging',
  },
  {
    name: 'oban_jobs_state_cancelled_at_index',
    columns: ['cancelled_at'],
    lack: 'note',
    serves: 'pruning cancelled jobs',
  },
  {
    name: 'oban_jobs_state_discarded_at_index',
    columns: ['discarded_at'],
    lack: 'note',
    serves: 'pruning discarded jobs',
  },
]

function serves({ columns }: Needed, index: IndexFacts): boolean {
  if (!index.isOnJobs || !index.isValid || index.method !== 'btree') return false
  // Partial indexes of one state, as oban-py makes them, leave the state out.
  const [first, ...others] = index.columns
  const found = first === 'state' && columns[0] !== 'state' ? others : index.columns

  return columns.every((column, place) => found[place] === column)
}

const words = { note, problem, warning }

export const indexes = defineCheck({
  id: 'indexes',
  theme: 'indexes',
  why: 'without them each claim, look for due jobs or prune reads the whole table',
  needs: 'jobs',
  look: lookAtIndexes,
  judge(found, { prefix }) {
    const lacking = needed.filter((index) => !found.some((one) => serves(index, one)))
    const key = found.some(
      ({ isOnJobs, isValid, columns }) => isOnJobs && isValid && columns.join() === 'id',
    )
    if (lacking.length === 0 && key) return ok(`${needed.length + 1} that are needed are there`)
    const worst = key
      ? (['problem', 'warning', 'note'] as const).find((lack) =>
          lacking.some((index) => index.lack === lack),
        )
      : 'problem'

    return words[worst ?? 'problem'](
      [
        ...(key ? [] : ['no index on id']),
        ...lacking.map((index) => `none for ${index.serves}: ${index.name}`),
      ].join('; '),
      ...(key ? [] : [`ALTER TABLE ${tableIn(prefix)} ADD PRIMARY KEY (id);`]),
      ...lacking.map((index) => build(index.name, prefix)),
    )
  },
})

/** The statement of the migration that builds it, beside running nodes. */
function build(name: string, prefix: string): string {
  const statements = loadMigrations().flatMap(({ up }) => up.split(';'))
  const found = statements.find((sql) =>
    new RegExp(`\\bINDEX( CONCURRENTLY)? ${name}\\b`).test(sql),
  )
  const sql = (found ?? '').replace(/INDEX( CONCURRENTLY)? /, 'INDEX CONCURRENTLY ')

  return statement(sql, prefix)
}

const invalidIndexes = defineCheck({
  id: 'invalid-indexes',
  theme: 'indexes',
  why: 'what an interrupted build has left behind costs every write and serves no read',
  needs: 'jobs',
  look: lookAtIndexes,
  judge(found, { prefix }) {
    const invalid = found.filter(({ isValid }) => !isValid)
    if (invalid.length === 0) return ok(`none of ${found.length}`)
    const names = list(invalid.map(({ name }) => name))
    if (invalid.some(({ busy }) => busy)) {
      return note(`${names}; somebody builds an index or vacuums: look again when that has ended`)
    }
    const isOurs = invalid.some(({ name }) => loadMigrations().some(({ index }) => index === name))

    return warning(
      names,
      ...invalid.map(({ name }) => `DROP INDEX CONCURRENTLY ${tableIn(prefix, name)};`),
      ...(isOurs ? [command(prefix, 'install')] : []),
    )
  },
})

/** From so many rows on reading all jobs of a queue takes longer than people wait. */
const LARGE = 50_000

export const searchIndexes = defineCheck({
  id: 'search-indexes',
  theme: 'indexes',
  why: 'unique jobs that compare args, and searches by args or meta, read the history without them',
  needs: 'jobs',
  look: async (scene) => {
    const { rows } = await scene.look(lookAtWear)

    return { found: await scene.look(lookAtIndexes), rows }
  },
  judge({ found, rows }, { prefix }) {
    const lacking = ['args', 'meta'].filter(
      (column) =>
        !found.some(
          ({ isOnJobs, isValid, method, columns }) =>
            isOnJobs && isValid && method === 'gin' && columns.includes(column),
        ),
    )
    if (lacking.length === 0) return ok('on args and on meta')
    const missing = `none on ${lacking.join(' and ')}`
    if (rows < LARGE) return ok(`${missing}; not needed for ${count(rows)} jobs`)

    return note(
      `${missing}, and some ${count(rows)} jobs`,
      `${command(prefix, 'install --search-indexes')}  # only if you search, or have unique jobs`,
    )
  },
})

export const indexChecks = [indexes, invalidIndexes, searchIndexes]
