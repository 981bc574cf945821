import { expect, test } from 'vitest'
import { sparkline } from '../../../src/cli/top/sparkline.ts'

test.each([
  [[], '     '],
  [[0, 0, 0], '  ▁▁▁'],
  [[0, 7, 14, 3.5], ' ▁▅█▃'],
  // A trickle beside a flood is not nothing.
  [[1_000_000, 1, 0], '  █▂▁'],
  [[undefined, 2, undefined, 4], '  ▅ █'],
  // The oldest leave at the left, and the scale with them.
  [[100, 1, 2, 3, 4, 5], '▂▄▅▇█'],
])('draws %j', (values, drawn) => {
  expect(sparkline(values, 5)).toBe(drawn)
})
