/**
 * A prepared statement on a connection of the runtime, sent without asking each time what its columns are:
 * that is a part of the message, of the server's work and of ours, in claims of a few jobs a tenth of all.
 *
 * `pg` takes it as it takes cursors: anything that can be submitted.
 */
import type { Client, Connection, Submittable } from 'pg'
import { type Param, type Statement, writeParam } from './query.ts'

export interface Prepared {
  readonly name: string
  readonly text: string
  readonly values: readonly Param[]
  readonly rowMode?: Statement['rowMode']
}

/** A row, each column as the text that PostgreSQL sent. */
export type TextRow = Record<string, string | null> | readonly (string | null)[]

/**
 * The columns of each statement that answers rows by their names, whichever connection they were learnt on. Its
 * name stands for its text, and that for its columns, as no statement of ours asks for `*`.
 */
const learnt = new Map<string, readonly string[]>()

/** `pg` notes here what the server has parsed. */
type ParsedConnection = Connection & { readonly parsedStatements: Readonly<Record<string, string>> }

/** Send a prepared statement, and resolve to its rows. */
export async function sendPrepared(client: Client, statement: Prepared): Promise<TextRow[]> {
  try {
    return await submitted(client, statement)
  } catch (error) {
    // Or it would show who reads the socket, and not who sent the statement.
    if (error instanceof Error) Error.captureStackTrace(error)
    throw error
  }
}

function submitted(client: Client, statement: Prepared): Promise<TextRow[]> {
  return new Promise((resolve, reject) => {
    client.query(
      new Submitted(statement, (error, rows) => {
        if (error) reject(error)
        else resolve(rows)
      }),
    )
  })
}

/** `pg` calls the `handle…` methods with the server's answers, in their order. */
class Submitted implements Submittable {
  readonly name: string
  readonly text: string
  readonly #values: (string | null)[]
  readonly #rowMode: Prepared['rowMode']
  readonly #rows: TextRow[] = []
  #columns: readonly string[] | undefined
  #hasFailed = false
  /** `pg` wraps it, to clear the timer of the query. */
  callback: (error: Error | undefined, rows: TextRow[]) => void

  constructor({ name, text, values, rowMode }: Prepared, callback: Submitted['callback']) {
    this.name = name
    this.text = text
    this.#values = values.map(writeParam)
    this.#rowMode = rowMode
    this.#columns = rowMode === undefined ? learnt.get(name) : undefined
    this.callback = callback
  }

  submit(connection: Connection): void {
    const { name, text } = this
    const isAsked = this.#columns === undefined && this.#rowMode === undefined
    connection.stream.cork()
    if ((connection as ParsedConnection).parsedStatements[name] === undefined) {
      connection.parse({ name, text, types: [] }, true)
    }
    connection.bind({ statement: name, values: this.#values }, true)
    if (isAsked) connection.describe({ type: 'P', name: '' }, true)
    connection.execute({}, true)
    connection.sync()
    connection.stream.uncork()
  }

  handleRowDescription({
    fields,
  }: {
    readonly fields: readonly { readonly name: string }[]
  }): void {
    this.#columns = fields.map(({ name }) => name)
    learnt.set(this.name, this.#columns)
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.#rows.push(
      this.#columns === undefined
        ? fields
        : Object.fromEntries(this.#columns.map((column, index) => [column, fields[index] ?? null])),
    )
  }

  handleCommandComplete(): void {}

  handleError(error: Error): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.callback(error, [])
  }

  handleReadyForQuery(): void {
    if (!this.#hasFailed) this.callback(undefined, this.#rows)
  }
}
