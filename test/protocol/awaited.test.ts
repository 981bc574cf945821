import { describe, expect, test } from 'vitest'
import { Awaited } from '../../src/protocol/awaited.ts'

const take = (awaited: Awaited, ids: number[]) => Object.fromEntries(awaited.take(ids))

describe('the jobs that somebody waits for', () => {
  test('are told to everybody who waits, once', () => {
    const awaited = new Awaited()
    awaited.note('a', [1, 2, 3], 0)
    awaited.note('b', [2], 0)

    expect(take(awaited, [2, 3, 9])).toEqual({ a: [2, 3], b: [2] })
    expect(take(awaited, [2])).toEqual({})
    expect(awaited.size).toBe(1)
  })

  test('are forgotten after a minute, unless said again', () => {
    const awaited = new Awaited()
    awaited.note('a', [1, 2], 0)
    awaited.note('a', [2], 30_000)
    awaited.note('b', [3], 60_000)

    expect(take(awaited, [1, 2, 3])).toEqual({ a: [2], b: [3] })
  })

  test('are bounded', () => {
    const awaited = new Awaited()
    awaited.note('a', [1], 0)
    for (const asker of 'bcdefghijk') awaited.note(asker, [1], 0)
    expect(Object.keys(take(awaited, [1]))).toHaveLength(8)

    for (let first = 1; first < 30_000; first += 400) {
      awaited.note(
        'a',
        Array.from({ length: 400 }, (_, index) => first + index),
        0,
      )
    }
    expect(awaited.size).toBe(20_000)
  })
})
