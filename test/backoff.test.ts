import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultBackoff, exponential, jitter } from '../src/backoff.ts'

describe('backoff', () => {
  test.each([
    [1, 20, 17],
    [2, 20, 19],
    [3, 3, 23],
    [10, 20, 1_039],
    [20, 20, 1_048_591],
    // Above 20 attempts the power is scaled: 1 of 40 rounds half up to 1.
    [1, 40, 17],
    [20, 40, 1_039],
    [100, 100, 1_048_591],
  ])(
    'waits at least as long after attempt %i of %i as Oban: %i s',
    (attempt, maxAttempts, seconds) => {
      expect(defaultBackoff({ attempt, maxAttempts }, () => 0)).toBe(seconds)
    },
  )

  test('adds up to a tenth, cut to whole seconds', () => {
    expect(defaultBackoff({ attempt: 1, maxAttempts: 20 }, () => 0.999)).toBe(18)
    expect(defaultBackoff({ attempt: 10, maxAttempts: 20 }, () => 0.999)).toBe(1_142)
  })

  test('never leaves the range of the formula', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), random, (attempt, draw) => {
        const base = 15 + 2 ** attempt
        const seconds = defaultBackoff({ attempt, maxAttempts: 20 }, () => draw)

        expect(seconds).toBe(base + Math.trunc(draw * 0.1 * base))
      }),
    )
  })

  test('grows exponentially up to maxPower', () => {
    expect([1, 2, 3].map((attempt) => exponential(attempt))).toEqual([2, 4, 8])
    expect(exponential(3, { mult: 2, minPad: 15 })).toBe(31)
    expect(exponential(50)).toBe(1_024)
    expect(exponential(50, { maxPower: 4 })).toBe(16)
  })

  test('moves a value up, down, or either way by the same draw', () => {
    expect(jitter(100, { mode: 'inc' }, () => 0.99)).toBe(109)
    expect(jitter(100, { mode: 'dec' }, () => 0.99)).toBe(91)
    expect(jitter(100, {}, () => 0.5)).toBe(105)
    expect(jitter(100, {}, () => 0.49)).toBe(96)
    expect(jitter(100, { mult: 0.5 }, () => 0.99)).toBe(149)
  })
})
