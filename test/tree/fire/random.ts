/** Chance that can be had again: the same seed gives the same numbers. */
export interface Random {
  /** From 0 to `bound - 1`. */
  readonly below: (bound: number) => number
  readonly one: <Item>(items: readonly [Item, ...Item[]]) => Item
  readonly shuffled: <Item>(items: readonly Item[]) => Item[]
}

export function seeded(seed: number): Random {
  let state = seed >>> 0
  // A linear congruential generator; its low bits are poor, and not used.
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0

    return state / 2 ** 32
  }
  const below = (bound: number) => Math.floor(next() * bound)

  return {
    below,
    one: (items) => items[below(items.length)] ?? items[0],
    shuffled: (items) =>
      items
        .map((item) => ({ item, rank: next() }))
        .toSorted((a, b) => a.rank - b.rank)
        .map(({ item }) => item),
  }
}
