/** How much room text takes on a terminal: colours none, most characters one cell, some two. */
import { stripVTControlCharacters } from 'node:util'

/** Combining marks, and what joins characters to one. */
const MARK = /^[\p{Mark}\p{Format}]/u
/** Signs that kana share (`ー`, `・`) belong to no script. Kana and Hangul have half as wide forms. */
const WIDE =
  /^(?![\uFF61-\uFFDC])(?:\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}|[\u3000-\u30FF\u3200-\u33FF\uFF01-\uFF60\uFFE0-\uFFE6])/u

function cellsOf(character: string): number {
  if (MARK.test(character)) return 0

  return WIDE.test(character) ? 2 : 1
}

/** The cells that a text takes. */
export function widthOf(text: string): number {
  let cells = 0
  for (const character of stripVTControlCharacters(text)) cells += cellsOf(character)

  return cells
}

/** Fill up with spaces on the right. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** A colour, or one character. */
// oxlint-disable-next-line no-control-regex -- that is how a terminal is told colours
const PIECE = /\u001B\[[\d;]*m|./gsu

/** Cut a line at a number of cells. Colours that were begun are ended. */
export function cutTo(line: string, width: number): string {
  if (widthOf(line) <= width) return line
  let cells = 0
  let cut = ''
  for (const [piece] of line.matchAll(PIECE)) {
    // Behind the edge only the ends of colours count.
    if (piece.length > 2) cut += piece
    else if (cells >= 0) {
      cells += cellsOf(piece)
      if (cells < width) cut += piece
      else {
        cut += '…'
        cells = Number.NEGATIVE_INFINITY
      }
    }
  }

  return cut
}
