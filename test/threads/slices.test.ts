import { describe, expect, test } from 'vitest'
import { Slices } from '../../src/threads/slices.ts'

/** Keep the thread busy for longer than a slice. */
function spin(): void {
  const endsAtMs = performance.now() + 2
  while (performance.now() < endsAtMs);
}

/** A turn of the loop. */
const turn = () =>
  new Promise<void>((resolve) => {
    setImmediate(resolve)
  })

function started(start: () => void = () => {}) {
  const names: string[] = []
  const slices = new Slices<{ readonly name: string }>(({ name }) => {
    names.push(name)
    start()
  })
  const items = ['a', 'b', 'c'].map((name) => ({ name }))

  return { items, names, slices }
}

describe('slices', () => {
  test('start nothing before the caller has returned, and then all that is short in one turn', async () => {
    const { items, names, slices } = started()
    slices.add(items)
    expect(names).toEqual([])
    await Promise.resolve()

    expect(names).toEqual(['a', 'b', 'c'])
  })

  test('let the loop turn between those that take long', async () => {
    const { items, names, slices } = started(spin)
    slices.add(items)
    await Promise.resolve()
    expect(names).toEqual(['a'])
    await turn()
    expect(names).toEqual(['a', 'b'])
    await turn()

    expect(names).toEqual(['a', 'b', 'c'])
  })

  test('keep the order of what is added meanwhile', async () => {
    const { items, names, slices } = started(spin)
    slices.add(items)
    await Promise.resolve()
    slices.add([{ name: 'd' }])
    for (let turns = 0; turns < 3; turns += 1) await turn()

    expect(names).toEqual(['a', 'b', 'c', 'd'])
  })

  test('never start what was removed', async () => {
    const { items, names, slices } = started(spin)
    slices.add(items)
    await Promise.resolve()
    for (const item of items.slice(1)) slices.remove(item)
    slices.add([{ name: 'd' }])
    await turn()
    await turn()

    expect(names).toEqual(['a', 'd'])
  })
})
