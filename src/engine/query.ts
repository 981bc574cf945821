/**
 * SQL files bound to the types of their rows and parameters.
 *
 * Every value arrives as the text that PostgreSQL sent, or null: parsing is the costly part of
 * reading rows, a `Date` would lose microseconds, and global type parsers belong to the user.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { escapeLiteral, type QueryConfig, type QueryResult } from 'pg'
import { formatTextArray } from '../job/text-array.ts'
import { withJobMembers } from './job-members.ts'
import { withoutValues } from './refusal.ts'

export interface Statement extends QueryConfig {
  /** Each row as the list of its columns. Default: an object with their names */
  readonly rowMode?: 'array' | undefined
  /** Ends it on the server. Only the runtime's own connections know it. */
  readonly signal?: AbortSignal
}

export type Rows = Pick<QueryResult, 'rows'>

/** The part of a `pg` client or pool that statements need. */
export interface Queryable {
  query(statement: Statement): Promise<Rows>
}

/** A value of a positional parameter; objects travel as JSON text. */
export type Param = string | number | boolean | null | readonly (string | number)[]

/** A parameter as the protocol carries it. */
export function writeParam(value: Param): string | null {
  if (value === null) return null

  return typeof value === 'object' ? formatTextArray(value.map(String)) : String(value)
}

/** A connection and the schema that its statements name. */
export interface Db {
  readonly client: Queryable
  readonly prefix: string
  /** Prepare each statement once for each connection. Off behind a pooler in transaction mode. */
  readonly named: boolean
  /** Ends the statements that are sent with it: `{ ...db, signal }`. */
  readonly signal?: AbortSignal
}

const textOnly = { getTypeParser: () => (value: string) => value }

/** Quote an identifier for SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** SQL for one schema: the marker comment before a table becomes the quoted schema. */
export function inSchema(sql: string, prefix: string): string {
  // A function, as `$$` and `$&` in a schema's name mean something in a replacement string.
  return sql.replaceAll('/*prefix*/', () => `${quoteIdentifier(prefix)}.`)
}

function read(name: string): string {
  return withJobMembers(readFileSync(new URL(`./queries/${name}.sql`, import.meta.url), 'utf8'))
}

async function send(client: Queryable, statement: Statement): Promise<Rows> {
  try {
    return await client.query(statement)
  } catch (error) {
    throw withoutValues(error)
  }
}

/** Read `queries/<name>.sql`, for any schema. */
export function source(name: string): (prefix: string) => string {
  const text = read(name)
  const cache = new Map<string, string>()

  return (prefix) => {
    let resolved = cache.get(prefix)
    if (resolved === undefined) {
      resolved = inSchema(text, prefix)
      cache.set(prefix, resolved)
    }

    return resolved
  }
}

const statementNames = new Map<string, string>()

/** A prepared statement's name: a hash of the text, as PostgreSQL cuts names at 63 bytes. */
export function statementName(text: string): string {
  let name = statementNames.get(text)
  if (name === undefined) {
    name = `oban_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
    statementNames.set(text, name)
  }

  return name
}

/**
 * Bind `queries/<name>.sql`, one statement, to the type of its rows and of its positional parameters.
 */
export function query<Row, Params extends readonly Param[]>(name: string) {
  return bind<Row, Params>(name, undefined)
}

/**
 * Bind it with rows as lists of their columns, in the order in which the statement names them: where there are
 * many rows, to put each value under its name takes as long as to read it.
 */
export function listQuery<
  Row extends ReadonlyArray<string | null>,
  Params extends readonly Param[],
>(name: string) {
  return bind<Row, Params>(name, 'array')
}

function bind<Row, Params extends readonly Param[]>(name: string, rowMode: Statement['rowMode']) {
  const textFor = source(name)

  return async (db: Db, ...params: Params): Promise<Row[]> => {
    const text = textFor(db.prefix)
    const { rows } = await send(db.client, {
      text,
      values: [...params],
      types: textOnly,
      ...(rowMode && { rowMode }),
      ...(db.named ? { name: statementName(text) } : {}),
      ...(db.signal && { signal: db.signal }),
    })

    return rows
  }
}

/** What is replaced, and before it what it is no part of: quoted names, literals, comments. */
const TOKENS = /"(?:[^"]|"")*"|'(?:[^']|'')*'|--.*$|\/\*prefix\*\/|\$(\d+)/gm

/**
 * SQL of ours with its parameters written into it, and without its comments.
 *
 * @param prefix - the schema, where its markers still stand
 */
export function withLiterals(
  sql: string,
  params: ReadonlyArray<string | null>,
  prefix = '',
): string {
  // In one pass: a schema's name may hold a `$1`, and a parameter the marker of the schema.
  return sql.replaceAll(TOKENS, (found, position?: string) => {
    if (position !== undefined) {
      const param = params[Number(position) - 1] ?? null

      return param === null ? 'NULL' : escapeLiteral(param)
    }
    if (found.startsWith('--')) return ''

    return found === '/*prefix*/' ? `${quoteIdentifier(prefix)}.` : found
  })
}

/** Read `queries/<name>.sql`, to have its parameters written into it. */
export function inlined(name: string) {
  const statements = read(name)

  return (prefix: string, params: ReadonlyArray<string | null>): string =>
    withLiterals(statements, params, prefix)
}

/**
 * Send several statements as one message, which makes them one transaction: no decision of ours, and no
 * delay of ours, falls while their locks are held. The protocol for that takes no parameters. Resolves to
 * the last statement's rows.
 */
export async function sendScript<Row>(
  { client, signal }: Pick<Db, 'client' | 'signal'>,
  text: string,
): Promise<Row[]> {
  const results: unknown = await send(client, { text, types: textOnly, ...(signal && { signal }) })
  const last: { rows: Row[] } = Array.isArray(results) ? results.at(-1) : results

  return last.rows
}

/** Bind `queries/<name>.sql`, several statements that run in one transaction and one round trip. */
export function script<Row, Params extends ReadonlyArray<string | number>>(name: string) {
  const textOf = inlined(name)

  return (db: Db, ...params: Params): Promise<Row[]> =>
    sendScript(db, textOf(db.prefix, params.map(String)))
}
