/**
 * A prepared statement on a connection of the runtime, sent without asking each time what its columns are:
 * that is a part of the message, of the server's work and of ours, in claims of a few jobs a tenth of all.
 *
 * `pg` takes it as it takes cursors: anything that can be submitted.
 */
import type { Client, Connection, Submittable } from 'pg'
import { type Param, writeParam } from './query.ts'

export interface Prepared {
  readonly name: string
  readonly text: string
  readonly values: readonly Param[]
}

/** A row, each column as the text that PostgreSQL sent. */
export type TextRow = Record<string, string | null>

interface Shape {
  /** In their order. */
  readonly columns: readonly string[]
  /** All columns, null: objects that are copied from one are made alike, and read fast. */
  readonly blank: TextRow
}

/**
 * Of each statement that answers rows, whichever connection it was learnt on. Its name stands for its text, and
 * that for its columns, as no statement of ours asks for `*`.
 */
const shapes = new Map<string, Shape>()

/** Until the server tells them. */
const NO_COLUMNS: Shape = { columns: [], blank: {} }

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
  readonly #rows: TextRow[] = []
  #shape = NO_COLUMNS
  #hasFailed = false
  /** `pg` wraps it, to clear the timer of the query. */
  callback: (error: Error | undefined, rows: TextRow[]) => void

  constructor({ name, text, values }: Prepared, callback: Submitted['callback']) {
    this.name = name
    this.text = text
    this.#values = values.map(writeParam)
    this.callback = callback
  }

  submit(connection: Connection): void {
    const { name, text } = this
    const shape = shapes.get(name)
    if (shape) this.#shape = shape
    connection.stream.cork()
    if ((connection as ParsedConnection).parsedStatements[name] === undefined) {
      connection.parse({ name, text, types: [] }, true)
    }
    connection.bind({ statement: name, values: this.#values }, true)
    if (shape === undefined) connection.describe({ type: 'P', name: '' }, true)
    connection.execute({}, true)
    connection.sync()
    connection.stream.uncork()
  }

  handleRowDescription({
    fields,
  }: {
    readonly fields: readonly { readonly name: string }[]
  }): void {
    const columns = fields.map(({ name }) => name)
    const blank: TextRow = Object.fromEntries(columns.map((column) => [column, null]))
    this.#shape = { columns, blank }
    shapes.set(this.name, this.#shape)
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const { columns, blank } = this.#shape
    const row = { ...blank }
    let index = 0
    for (const column of columns) {
      row[column] = fields[index] ?? null
      index += 1
    }
    this.#rows.push(row)
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
