/** The "did you mean" of every message about an unknown key, queue or worker. */

/** Longer words are not typing mistakes, and the search is quadratic. */
const maxLength = 100

/** Edits (insert, delete, replace, swap of neighbours) that lead from one word to the other. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)

  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]

    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const edits = [
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      ]
      if (swapped) edits.push((beforeLast[column - 2] ?? 0) + 1)
      current.push(Math.min(...edits))
    }
    beforeLast = last
    last = current
  }

  return last[to.length] ?? 0
}

/** The known word nearest to a mistyped one; `undefined` when none is near enough to be meant. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > maxLength) return undefined

  const written = word.toLowerCase()
  let best: { readonly word: string; readonly edits: number } | undefined

  for (const candidate of known) {
    if (candidate.length > maxLength) continue

    const edits = distance(written, candidate.toLowerCase())
    const isNear = edits <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3))
    if (isNear && (best === undefined || edits < best.edits)) best = { word: candidate, edits }
  }

  return best?.word
}
