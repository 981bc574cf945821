/** Statements for libraries that number parameters by themselves. */

export interface Split {
  /** The text before, between and after the parameters; always one more than there are parameters. */
  readonly parts: readonly string[]
  /** Which value stands there, counted from 0; a value may stand in several places. */
  readonly positions: readonly number[]
}

/** Quoted names, quoted text and comments, in which `$1` is no parameter; then the parameters. */
const tokens = /"(?:[^"]|"")*"|'(?:[^']|'')*'|--[^\n]*|\/\*.*?\*\/|\$(?<position>\d+)/gs

/** Take a statement apart at its parameters. */
export function splitAtParameters(text: string): Split {
  const parts: string[] = []
  const positions: number[] = []
  let start = 0
  for (const match of text.matchAll(tokens)) {
    const position = match.groups?.['position']
    if (position === undefined) continue
    parts.push(text.slice(start, match.index))
    positions.push(Number(position) - 1)
    start = match.index + match[0].length
  }
  parts.push(text.slice(start))

  return { parts, positions }
}
