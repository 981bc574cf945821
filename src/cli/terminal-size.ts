/** How much room a terminal says that it has. */

interface Terminal {
  readonly columns: number
  readonly rows: number
}

/** What terminals had before they had sizes. */
const USUAL: Terminal = { columns: 80, rows: 24 }

/** One that nobody has told its size says 0, as that of `script`, of `docker run --tty` or of a serial line. */
export function sizeOf({ columns, rows }: Terminal): Terminal {
  return { columns: columns || USUAL.columns, rows: rows || USUAL.rows }
}

/** The columns of a stream, or those of `elsewhere` where it is no terminal. */
export function columnsOf(stream: NodeJS.WriteStream, elsewhere: number): number {
  return stream.isTTY ? sizeOf(stream).columns : elsewhere
}
