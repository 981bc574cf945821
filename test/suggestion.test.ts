import { describe, expect, test } from 'vitest'
import { nearest } from '../src/suggestion.ts'

describe('suggestion', () => {
  test.each([
    ['prioritty', 'priority'],
    ['sheduleIn', 'scheduleIn'],
    ['QUEUE', 'queue'],
    ['qeue', 'queue'],
    ['maxAttemtps', 'maxAttempts'],
  ])('finds what %s was meant to be', (written, meant) => {
    expect(nearest(written, ['queue', 'priority', 'maxAttempts', 'scheduleIn'])).toBe(meant)
  })

  test('counts two swapped letters as one mistake', () => {
    expect(nearest('ba', ['ab'])).toBe('ab')
    expect(nearest('bac', ['abc', 'bbb'])).toBe('abc')
  })

  test('suggests nothing for a word that is far from all', () => {
    expect(nearest('colour', ['queue', 'priority'])).toBeUndefined()
    expect(nearest('x'.repeat(101), ['x'.repeat(100)])).toBeUndefined()
    expect(nearest('', ['queue'])).toBeUndefined()
  })
})
