import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Sketch } from '../../src/metrics/sketch.ts'
import { quantile } from '../support/oban-web.ts'

function sketchOf(values: readonly number[]) {
  const sketch = new Sketch()
  for (const each of values) sketch.add(each)

  return sketch.value()
}

describe('sketch', () => {
  test.each([
    // As Erlang's own floating point has them: ceil(log(v) / log(1.02 / 0.98)).
    [1, 0],
    [2, 18],
    [3, 28],
    [10, 58],
    [1_000, 173],
    [1_000_000, 346],
    [1_234_567, 351],
    [25_000_000, 426],
    [1_000_000_000, 519],
    [86_400_000_000_000, 803],
  ])('puts %d ns into bin %d', (value, bin) => {
    expect(sketchOf([value])).toEqual({ data: { [bin]: 1 }, size: 1 })
  })

  test('counts what takes no time as a nanosecond', () => {
    expect(sketchOf([0, 0.4, 1])).toEqual({ data: { 0: 3 }, size: 3 })
  })

  test('is read back within two percent, over two nodes together', () => {
    const values = fc.array(fc.integer({ min: 1, max: 10 ** 14 }), { minLength: 1, maxLength: 50 })

    fc.assert(
      fc.property(
        values,
        values,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (one, other, share) => {
          const all = [...one, ...other].toSorted((a, b) => a - b)
          const exact = all[Math.max(0, Math.ceil(all.length * share) - 1)] ?? 0
          const shown = quantile([sketchOf(one), sketchOf(other)], share)

          expect(Math.abs(shown - exact) / exact).toBeLessThan(0.020_001)
        },
      ),
    )
  })
})
