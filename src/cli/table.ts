/** Draws a table with box characters. */
import { stripVTControlCharacters } from 'node:util'

export interface Column {
  readonly title: string
  /** Numbers are read from the right. Default: 'left' */
  readonly align?: 'left' | 'right'
}

export interface TableOptions {
  /** Rows set apart by a line from those above: the sums. */
  readonly footer?: readonly (readonly string[])[]
}

/** Cells may hold colours, which take no room. */
function pad(text: string, width: number, align: Column['align']): string {
  const room = ' '.repeat(Math.max(0, width - stripVTControlCharacters(text).length))

  return align === 'right' ? room + text : text + room
}

export function drawTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { footer = [] }: TableOptions = {},
): string[] {
  const titles = columns.map(({ title }) => title)
  const widths = columns.map((_, index) =>
    Math.max(
      ...[titles, ...rows, ...footer].map(
        (row) => stripVTControlCharacters(row[index] ?? '').length,
      ),
    ),
  )
  const line = (left: string, middle: string, right: string) =>
    left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right
  const draw = (row: readonly string[]) => {
    const cells = columns.map(({ align }, index) =>
      pad(row[index] ?? '', widths[index] ?? 0, align),
    )

    return `│ ${cells.join(' │ ')} │`
  }

  return [
    line('┌', '┬', '┐'),
    draw(titles),
    line('├', '┼', '┤'),
    ...rows.map(draw),
    ...(footer.length === 0 ? [] : [line('├', '┼', '┤'), ...footer.map(draw)]),
    line('└', '┴', '┘'),
  ]
}
