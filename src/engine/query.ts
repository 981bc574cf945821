/**
 * SQL files bound to the types of their rows and parameters.
 *
 * Every value arrives as the text that PostgreSQL sent, or null: parsing is the costly part of
 * reading rows, a `Date` would lose microseconds, and global type parsers belong to the user.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { QueryConfig, QueryResult } from 'pg'

/** The part of a `pg` client or pool that statements need. */
export interface Queryable {
  query(config: QueryConfig): Promise<QueryResult>
}

/** A connection and the schema that its statements name. */
export interface Db {
  readonly client: Queryable
  readonly prefix: string
  /** Prepare each statement once for each connection. Off behind a pooler in transaction mode. */
  readonly named: boolean
}

const textOnly = { getTypeParser: () => (value: string) => value }

/** Quote an identifier for SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Read `queries/<name>.sql`; the marker comment before a table becomes the quoted schema. */
function source(name: string): (prefix: string) => string {
  const text = readFileSync(new URL(`./queries/${name}.sql`, import.meta.url), 'utf8')
  const cache = new Map<string, string>()

  return (prefix) => {
    let resolved = cache.get(prefix)
    if (resolved === undefined) {
      // A function, as `$$` and `$&` in a schema's name mean something in a replacement string.
      resolved = text.replaceAll('/*prefix*/', () => `${quoteIdentifier(prefix)}.`)
      cache.set(prefix, resolved)
    }

    return resolved
  }
}

/** A prepared statement's name: a hash of the text, as PostgreSQL cuts names at 63 bytes. */
function statementNames(): (text: string) => string {
  const names = new Map<string, string>()

  return (text) => {
    let name = names.get(text)
    if (name === undefined) {
      name = `oban_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
      names.set(text, name)
    }

    return name
  }
}

const statementName = statementNames()

/**
 * Bind `queries/<name>.sql`, one statement, to the type of its rows and of its positional parameters.
 */
export function query<Row, Params extends readonly unknown[]>(name: string) {
  const textFor = source(name)

  return async (db: Db, ...params: Params): Promise<Row[]> => {
    const text = textFor(db.prefix)
    const { rows } = await db.client.query({
      text,
      values: [...params],
      types: textOnly,
      ...(db.named ? { name: statementName(text) } : {}),
    })

    return rows as Row[]
  }
}
