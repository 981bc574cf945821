import { describe, expect, test } from 'vitest'
import { DatabaseTime } from '../../src/metrics/database-time.ts'

describe('database time', () => {
  test('goes on by our own clock from the moment it was read', () => {
    const time = new DatabaseTime()
    expect(time.at(0)).toBe(undefined)
    time.note(1_900_000_000.25, 5_000)

    expect([5_000, 5_749, 5_750, 65_000].map((at) => time.at(at))).toEqual([
      1_900_000_000, 1_900_000_000, 1_900_000_001, 1_900_000_060,
    ])
  })

  test('is to be read again after a minute', () => {
    const time = new DatabaseTime()
    time.note(1_900_000_000, 5_000)

    expect(time.at(65_001)).toBe(undefined)
  })
})
