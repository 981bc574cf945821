import { describe, expect, test } from 'vitest'
import { TokenTable } from '../src/token-table.ts'

/** The same numbers each time, as a failure must come again. */
function drawing(seed: number): () => number {
  let state = seed

  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31

    return state / 2 ** 31
  }
}

describe('token table', () => {
  test.each([1, 2, 3, 4])('does what a map does, with seed %i', (seed) => {
    const random = drawing(seed)
    const table = new TokenTable<string>()
    const map = new Map<number, string>()
    let last = 0
    for (let step = 0; step < 20_000; step += 1) {
      // Most come in their order; some places are wanted by several.
      const isNew = random() < 0.5 && map.size < 700
      const token = isNew ? (last += 1) : Math.ceil(random() * (last + 200))
      if (isNew || random() < 0.1) {
        table.set(token, `item ${step}`)
        map.set(token, `item ${step}`)
      } else {
        expect(table.delete(token)).toBe(map.delete(token))
      }
      expect(table.size).toBe(map.size)
      const asked = Math.ceil(random() * (last + 200))
      expect(table.get(asked)).toBe(map.get(asked))
      expect(table.has(asked)).toBe(map.has(asked))
    }

    const inOrder = [...map].toSorted(([a], [b]) => a - b)
    expect(table.tokens()).toEqual(inOrder.map(([token]) => token))
    const items = inOrder.map(([, item]) => item)
    expect(table.values()).toEqual(items)
    expect(table.unordered().toSorted()).toEqual(items.toSorted())
    for (const [token] of inOrder) table.delete(token)
    expect(table.size).toBe(0)
    expect(table.values()).toEqual([])
  })

  test('finds tokens that no 32 bits hold', () => {
    const table = new TokenTable<string>()
    const tokens = Array.from({ length: 200 }, (_, index) => 2 ** 32 - 100 + index)
    for (const token of tokens) table.set(token, String(token))

    expect(table.tokens()).toEqual(tokens)
    expect(table.get(2 ** 32 + 7)).toBe(String(2 ** 32 + 7))
    expect(table.get(7)).toBeUndefined()
  })

  test('can be emptied and used again', () => {
    const table = new TokenTable<string>()
    table.set(1, 'one')
    table.clear()

    expect(table.size).toBe(0)
    expect(table.get(1)).toBeUndefined()
    table.set(1, 'another')
    expect(table.values()).toEqual(['another'])
  })

  test('has nothing at a token that names none', () => {
    const table = new TokenTable<string>()

    expect(table.get(-1)).toBeUndefined()
    expect(table.delete(-1)).toBe(false)
  })
})
