import { describe, expect, test } from 'vitest'
import { processedSince, wear, type Counters, type Wear } from '../../src/protocol/wear.ts'

const counters = (updates: number, dead: number, vacuums = 0): Counters => ({
  updates,
  dead,
  vacuums,
})

/** What a series of looks comes to. */
function processed(...looks: readonly Counters[]): number {
  const last = looks.reduce<Wear | null>((before, seen) => wear(before, seen), null)

  return last === null ? 0 : processedSince(last)
}

describe('wear', () => {
  test('is told from the dead rows at the first look', () => {
    expect(processed(counters(1_000_000, 5_000))).toBe(2_500)
    expect(processed(counters(0, 0))).toBe(0)
  })

  test('grows by a job with two updates', () => {
    expect(processed(counters(0, 0), counters(100, 0), counters(301, 0))).toBe(150)
  })

  test('begins anew with a vacuum, by whomever, at the rows that died meanwhile', () => {
    expect(processed(counters(0, 0), counters(2_000, 2_000), counters(2_100, 40, 1))).toBe(20)
    expect(processed(counters(0, 0), counters(2_000, 0, 1), counters(4_000, 0, 1))).toBe(1_000)
  })

  test('does not count what a vacuum had to leave behind', () => {
    expect(processed(counters(0, 0), counters(2_000, 2_000), counters(2_100, 2_100, 1))).toBe(50)
  })

  test('begins anew when the server counts from zero again', () => {
    expect(processed(counters(9_000, 0, 4), counters(100, 60))).toBe(30)
  })

  test('is not less than nothing when the dead rows are those of inserts that failed', () => {
    expect(processed(counters(10, 5_000))).toBe(5)
  })
})
