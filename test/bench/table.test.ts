import { expect, test } from 'vitest'
import { shown, table } from './table.ts'

test.each([
  [1_234_567.8, '1,234,568'],
  [12_345, '12,345'],
  [999.4, '999'],
  [0.14159, '0.142'],
  [0, '0'],
])('%d is shown as %s', (value, text) => {
  expect(shown(value)).toBe(text)
})

test('a table has columns as wide as they must be, and says which aim is missed', () => {
  const line = {
    case: 'drain',
    ours: 800,
    reference: 1_000,
    ratio: 0.8,
    unit: 'jobs/s',
    against: 'raw SQL',
    aim: { of: 'ratio' as const, least: 0.9 },
    isMet: false,
    ratios: [0.8],
    rounds: 1,
  }
  const alone = { ...line, reference: null, ratio: null, against: null, aim: null, isMet: null }

  expect(table([line, alone])).toBe(
    [
      'case   ours        reference  ratio  aim            against',
      'drain  800 jobs/s  1,000      0.80   >= 0.9 MISSED  raw SQL',
      'drain  800 jobs/s',
    ].join('\n'),
  )
})
