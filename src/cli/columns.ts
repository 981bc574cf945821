/** Lays rows out in columns without lines between them, as wide as the terminal lets them. */
import type { Paint } from './paint.ts'
import { padTo, cutTo, widthOf } from './text-width.ts'

export interface FittedColumn {
  readonly title: string
  /** Numbers are read from the right. Default: 'left' */
  readonly align?: 'left' | 'right'
  /** Cells that it may shrink to where room is short. Default: it does not shrink */
  readonly least?: number
  /** The column with the highest number goes first where shrinking is not enough. Default: it stays */
  readonly leave?: number
}

interface Sized extends FittedColumn {
  readonly index: number
  width: number
}

const GAP = '  '

function least({ least: smallest, width }: Sized): number {
  return Math.min(width, smallest ?? width)
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP.length * Math.max(0, widths.length - 1))
}

/** Without the columns that have no room even when all have shrunk. */
function withRoom(columns: readonly Sized[], width: number): Sized[] {
  let kept = [...columns]
  while (total(kept.map(least)) > width) {
    const [first] = kept
      .filter(({ leave }) => leave !== undefined)
      .toSorted((a, b) => (b.leave ?? 0) - (a.leave ?? 0))
    if (first === undefined) break
    kept = kept.filter((column) => column !== first)
  }

  return kept
}

/** Take from the widest until all fit. */
function shrink(columns: readonly Sized[], width: number): void {
  let excess = total(columns.map((column) => column.width)) - width
  while (excess > 0) {
    const [widest] = columns
      .filter((column) => column.width > (column.least ?? column.width))
      .toSorted((a, b) => b.width - a.width)
    if (widest === undefined) return
    widest.width -= 1
    excess -= 1
  }
}

function fit(text: string, { width, align }: Sized): string {
  const cut = cutTo(text, width)
  const room = ' '.repeat(Math.max(0, width - widthOf(cut)))

  return align === 'right' ? room + cut : padTo(cut, width)
}

/**
 * The titles and the rows. Columns that are empty in every row are left out; none of the lines is wider
 * than `width`.
 *
 * @param width - cells; Infinity where nobody looks, as in a pipe
 */
export function drawColumns(
  columns: readonly FittedColumn[],
  rows: readonly (readonly string[])[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): string[] {
  const sized: Sized[] = columns
    .map((column, index) => ({
      ...column,
      index,
      width: Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[index] ?? ''))),
    }))
    .filter(({ index }) => rows.some((row) => (row[index] ?? '') !== ''))
  const shown = withRoom(sized, width)
  shrink(shown, width)
  const line = (cells: readonly string[]): string =>
    cutTo(shown.map((column, at) => fit(cells[at] ?? '', column)).join(GAP), width).trimEnd()
  const titles = line(shown.map(({ title }) => title))

  return [
    paint('dim', titles),
    ...rows.map((row) => line(shown.map(({ index }) => row[index] ?? ''))),
  ]
}
