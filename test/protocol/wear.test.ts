import { describe, expect, test } from 'vitest'
import {
  processedSince,
  untilWorn,
  wear,
  type Counters,
  type Wear,
} from '../../src/protocol/wear.ts'

const counters = (updates: number, dead: number, vacuums = 0, atMs = 0): Counters => ({
  atMs,
  updates,
  dead,
  vacuums,
})

function worn(first: Counters, ...looks: readonly Counters[]): Wear {
  return looks.reduce((before, seen) => wear(before, seen), wear(null, first))
}

/** What a series of looks comes to. */
function processed(...looks: readonly [Counters, ...Counters[]]): number {
  return processedSince(worn(...looks))
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

describe('the next look', () => {
  const bounds = { leastMs: 1_000, mostMs: 5_000 }
  /** After so many jobs in two seconds, of 1,000. */
  const after = (jobs: number) =>
    untilWorn(worn(counters(0, 0), counters(2 * jobs, 0, 0, 2_000)), 1_000, bounds)

  test.each([
    [0, 5_000, 'as seldom as it may, when nothing is processed'],
    [100, 5_000, 'as seldom as it may, when that is long before'],
    [400, 3_000, 'when so many are processed'],
    [900, 1_000, 'as often as it may, when that is sooner'],
    [1_000, 5_000, 'as seldom as it may, when a vacuum did not come about'],
  ])('after %i of 1,000 comes in %i ms: %s', (jobs, expectedMs) => {
    expect(after(jobs)).toBe(expectedMs)
  })

  test('goes by the pace since the last one', () => {
    const slower = worn(counters(0, 0), counters(600, 0, 0, 1_000), counters(800, 0, 0, 2_000))

    expect(untilWorn(slower, 800, bounds)).toBe(4_000)
  })

  test('goes by the pace, also when a vacuum ended or the server began anew', () => {
    const vacuumed = worn(counters(0, 0), counters(4_000, 0, 1, 4_000))
    const restarted = worn(counters(9_000, 0), counters(4_000, 0, 0, 4_000))

    expect([vacuumed, restarted].map((seen) => untilWorn(seen, 1_000, bounds))).toEqual([
      2_000, 2_000,
    ])
  })
})
