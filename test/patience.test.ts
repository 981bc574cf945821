import { expect, test } from 'vitest'
import { patience } from '../src/patience.ts'

test('patience doubles with each failure up to its bound, however many there are', () => {
  const waits = [1, 2, 3, 4, 5, 100_000].map((failures) =>
    patience(failures, { firstMs: 100, longestMs: 1_000 }),
  )

  expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000])
})
