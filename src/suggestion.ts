/** Finds what somebody meant to type, for messages that ask "did you mean …?". */

/** Letters to insert, delete or replace to turn one word into the other. */
function distance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)

  for (let row = 1; row <= from.length; row++) {
    const current = [row]

    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const replaced = (previous[column - 1] ?? 0) + (same ? 0 : 1)
      const deleted = (previous[column] ?? 0) + 1
      const inserted = (current[column - 1] ?? 0) + 1
      current.push(Math.min(replaced, deleted, inserted))
    }
    previous = current
  }

  return previous[to.length] ?? 0
}

/**
 * The known word nearest to a misspelt one, whatever the case of its letters.
 *
 * @returns `undefined` when none is near enough to be worth a question
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // No name of ours is this long, and the comparison costs length times length.
  if (word.length > 64) return undefined

  const ranked = known
    .map((name) => ({ name, edits: distance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((one, other) => one.edits - other.edits)

  return ranked[0]?.name
}
