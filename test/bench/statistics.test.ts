import { describe, expect, test } from 'vitest'
import { median, overallRate, percentile, slope } from './statistics.ts'

describe('the median', () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
    [[10, 9, 100], 10],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected)
  })

  test('of nothing is refused', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

  test.each([
    [50, 50],
    [95, 95],
    [99, 99],
    [100, 100],
    [0, 1],
  ])('of a hundred values: p%d is %d', (percent, expected) => {
    expect(percentile(hundred, percent)).toBe(expected)
  })

  test('of one value is that one', () => {
    expect(percentile([5], 99)).toBe(5)
  })
})

test('the slope is what each additional unit costs', () => {
  expect(
    slope([
      [0, 10],
      [10, 30],
      [20, 50],
    ]),
  ).toBe(2)
})

test('as many jobs at 60 a second as at 30 are 40 a second', () => {
  expect(overallRate([60, 30])).toBeCloseTo(40)
})
