import { describe, expect, test } from 'vitest'
import { growthOf } from './growth.ts'

/** What was seen every second. */
const points = (...mbs: readonly number[]) => mbs.map((mb, index) => ({ atMs: index * 1_000, mb }))

describe('growth', () => {
  test('is what a line rises by, without the warm-up', () => {
    const seen = points(0, 50, 80, 100, 101, 102, 103, 104, 105)

    expect(growthOf(seen)).toEqual({ meanMb: 102.5, grownMb: 5, perMinuteMb: 60 })
  })

  test('is unknown where there is too little to tell from', () => {
    expect(growthOf([])).toBe(undefined)
    expect(growthOf(points(1, 2, 3, 4, 5, 6))).toBe(undefined)
    expect(growthOf(points(9, 9, 5, 5, 5, 5, 5))).toEqual({
      meanMb: 5,
      grownMb: 0,
      perMinuteMb: 0,
    })
  })
})
