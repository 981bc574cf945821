import { describe, expect, test } from 'vitest'
import { byteSize, count, elapsed, plural } from '../../src/cli/quantity.ts'

describe('quantities', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('counts %d', (value, text) => {
    expect(count(value)).toBe(text)
  })

  test('names one and many', () => {
    expect([plural(1, 'file'), plural(0, 'file'), plural(2_000, 'file')]).toEqual([
      '1 file',
      '0 files',
      '2,000 files',
    ])
  })

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [99_940, '99.9 kB'],
    [99_960, '100 kB'],
    [999_600, '1.0 MB'],
    [5e15, '5000 TB'],
  ])('sizes %d bytes', (bytes, text) => {
    expect(byteSize(bytes)).toBe(text)
  })

  test.each([
    [0.4, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [125_000, '2 min 5 s'],
  ])('times %d ms', (ms, text) => {
    expect(elapsed(ms)).toBe(text)
  })
})
