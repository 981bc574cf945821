/**
 * A prepared statement on a connection of the runtime, sent without asking each time what its columns are:
 * that is a part of the message, of the server's work and of ours, in claims of a few jobs a tenth of all.
 *
 * `pg` takes it as it takes cursors: anything that can be submitted.
 */
import type { Client, Connection, Submittable } from 'pg'
import { formatTextArray } from '../job/text-array.ts'
import type { Param } from './query.ts'

export interface Prepared {
  readonly name: string
  readonly text: string
  readonly values: readonly Param[]
}

/** A row, each column as the text that PostgreSQL sent. */
export type TextRow = Record<string, string | null>

/** The columns of each statement, in their order. Its name stands for its text, and that for its columns. */
const shapes = new Map<string, TextRow>()

/** `pg` notes here what the server has parsed. */
type ParsedConnection = Connection & { readonly parsedStatements: Readonly<Record<string, string>> }

/** Send a prepared statement, and resolve to its rows. */
export function sendPrepared(client: Client, statement: Prepared): Promise<TextRow[]> {
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
  readonly #values: readonly (string | null)[]
  readonly #rows: TextRow[] = []
  #shape: TextRow | undefined
  #columns: readonly string[] = []
  #hasFailed = false
  /** `pg` wraps it, to clear the timer of the query. */
  callback: (error: Error | undefined, rows: TextRow[]) => void

  constructor({ name, text, values }: Prepared, callback: Submitted['callback']) {
    this.name = name
    this.text = text
    this.#values = values.map(textOf)
    this.callback = callback
  }

  submit(connection: Connection): void {
    const { name, text } = this
    this.#take(shapes.get(name))
    connection.stream.cork()
    if ((connection as ParsedConnection).parsedStatements[name] === undefined) {
      connection.parse({ name, text, types: [] }, true)
    }
    connection.bind({ statement: name, values: [...this.#values] }, true)
    if (this.#shape === undefined) connection.describe({ type: 'P', name: '' }, true)
    connection.execute({}, true)
    connection.sync()
    connection.stream.uncork()
  }

  handleRowDescription({
    fields,
  }: {
    readonly fields: readonly { readonly name: string }[]
  }): void {
    const shape: TextRow = Object.fromEntries(fields.map(({ name }) => [name, null]))
    shapes.set(this.name, shape)
    this.#take(shape)
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    // A copy first: objects that are made alike are read fast.
    const row = { ...this.#shape }
    let index = 0
    for (const column of this.#columns) {
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

  #take(shape: TextRow | undefined): void {
    this.#shape = shape
    if (shape) this.#columns = Object.keys(shape)
  }
}

function textOf(value: Param): string | null {
  if (value === null) return null

  return typeof value === 'object' ? formatTextArray(value.map(String)) : String(value)
}
