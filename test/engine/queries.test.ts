/** The rules that every statement in a file of its own keeps; each is also shown a file that breaks it. */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withJobMembers } from '../../src/engine/job-members.ts'
import { filesBelow, modulesBelow, root } from '../support/modules.ts'

interface Sql {
  readonly path: string
  readonly text: string
}

function read(path: string): Sql {
  return { path, text: readFileSync(join(root, path), 'utf8') }
}

const queries = filesBelow('src/engine/queries').map(read)
const migrations = filesBelow('migrations')
  .filter((path) => path.endsWith('.sql'))
  .map(read)

/** Comments at the top: what the statement does, and its parameters. */
function headerOf(text: string): string {
  return /^(--.*\n)*/.exec(text)?.[0] ?? ''
}

/** The statement without comments and quoted text; the marker of the schema stays. */
function bare(text: string): string {
  return text.replaceAll(/--.*$/gm, '').replaceAll(/'[^']*'/g, "''")
}

function headless(files: readonly Sql[]): string[] {
  return files.filter(({ text }) => !/^-- \S/.test(text)).map(({ path }) => path)
}

/** Parameters that the header does not explain. */
function unexplained(files: readonly Sql[]): string[] {
  return files.flatMap(({ path, text }) => {
    const used = new Set(bare(text).match(/\$\d+/g))
    const explained = new Set(headerOf(text).match(/\$\d+/g))

    return [...used].filter((name) => !explained.has(name)).map((name) => `${path}: ${name}`)
  })
}

/** Tables of ours without the marker. Names of indexes and qualified columns carry none. */
function unmarked(files: readonly Sql[]): string[] {
  const table = /(?<!\/\*prefix\*\/)(?<!INDEX (?:CONCURRENTLY )?)\boban_\w+\b(?!\.)/g

  return files.flatMap(({ path, text }) =>
    (bare(text).match(table) ?? []).map((name) => `${path}: ${name}`),
  )
}

/** Names of files that no binding in the engine reads; and bindings of other names than their file. */
function unbound(files: readonly Sql[], code: readonly string[]): string[] {
  const bound = new Set(
    code.flatMap((text) =>
      [
        ...text.matchAll(/\b(?:query|listQuery|script|source|inlined)(?:<[^(]*>)?\(\s*'(\w+)'/g),
      ].map(([, name]) => name),
    ),
  )

  return files.map(({ path }) => path).filter((path) => !bound.has(basename(path, '.sql')))
}

/** The members of each job that a statement answers, by statement. */
function answeredJobs(files: readonly Sql[]): Map<string, string[]> {
  const whole = /'id', (?:job\.)?id::text,\s*'state'.*?'discarded_at'/gs
  const jobs = files.flatMap(({ path, text }) =>
    [...withJobMembers(text).matchAll(whole)].map(([job]) => {
      const members = [...job.matchAll(/'(\w+)'/g)].map(([, name = '']) => name)

      return [basename(path, '.sql'), members] as const
    }),
  )

  return new Map(jobs)
}

/** What stands in SQL that is put together, and what has quoted it. */
const QUOTED = /^(?:escapeIdentifier|escapeLiteral|indexOf|quoteIdentifier|users)\(/

/** Names of settings, and a version: words of ours. */
const OURS = new Set([
  'src/engine/connection.ts: name',
  'src/engine/pooler.ts: name',
  'src/engine/migration-log.ts: reached?.version ?? 0',
])

/** Parts of statements that nothing has quoted. */
function unquoted(files: readonly Sql[]): string[] {
  const statement =
    /`[^`]*\b(?:ALTER|COMMENT ON|CREATE|DELETE FROM|DROP|INSERT INTO|LISTEN|NOTIFY|REINDEX|SELECT|SET|UPDATE|VACUUM)\b[^`]*`/g

  return files.flatMap(({ path, text }) =>
    (text.match(statement) ?? [])
      .flatMap((sql) => [...sql.matchAll(/\$\{([^}]*)\}/g)].map(([, part = '']) => part))
      .filter((part) => !QUOTED.test(part))
      .map((part) => `${path}: ${part}`)
      .filter((part) => !OURS.has(part)),
  )
}

describe('statements', () => {
  test('say what they do, and what their parameters are', () => {
    expect(headless([...queries, ...migrations])).toEqual([])
    expect(unexplained(queries)).toEqual([])
    expect(headless([{ path: 'a.sql', text: 'SELECT 1' }])).toEqual(['a.sql'])
    const text = '-- Wait.\n-- $1 seconds\nSELECT pg_sleep($1), $2 -- $3'
    expect(unexplained([{ path: 'a.sql', text }])).toEqual(['a.sql: $2'])
  })

  test('carry the marker of the schema before each table', () => {
    expect(unmarked([...queries, ...migrations])).toEqual([])
    const text = `
      -- from oban_jobs
      CREATE INDEX oban_jobs_index ON oban_jobs (id);
      SELECT 'oban_jobs', id FROM /*prefix*/oban_jobs JOIN oban_peers`
    expect(unmarked([{ path: 'a.sql', text }])).toEqual(['a.sql: oban_jobs', 'a.sql: oban_peers'])
  })

  test('are put together of nothing that is not quoted', () => {
    // What the doctor shows is for people to run; it is built there and in rights.ts.
    const sent = modulesBelow('src').filter(
      ({ path }) => !path.startsWith('src/cli/doctor/') && path !== 'src/engine/rights.ts',
    )

    expect(unquoted(sent)).toEqual([])
    const text = 'query(`SELECT ${name} FROM ${quoteIdentifier(table)}`)'
    expect(unquoted([{ path: 'a.ts', text }])).toEqual(['a.ts: name'])
  })

  test('are bound by their names', () => {
    const code = modulesBelow('src/engine').map(({ text }) => text)
    expect(unbound(queries, code)).toEqual([])
    const binding = ["export const getJob = query<Row, [id: string]>('get_job')"]
    expect(unbound([read('src/engine/queries/get_job.sql')], binding)).toEqual([])
    expect(unbound([{ path: 'put_job.sql', text: '' }], binding)).toEqual(['put_job.sql'])
  })

  test('answer whole jobs with the same members', () => {
    const jobs = answeredJobs(queries)
    expect([...jobs.keys()].toSorted()).toEqual([
      'change_job',
      'get_job',
      'insert_unique_jobs',
      'list_jobs',
      'look_ended',
      'replace_jobs',
    ])
    for (const members of jobs.values()) expect(members).toEqual(jobs.get('get_job'))
    expect(jobs.get('get_job')).toHaveLength(18)
  })
})
