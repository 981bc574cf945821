import { describe, expect, test } from 'vitest'
import { parseOptions } from './options.ts'

describe('the options of the bench', () => {
  test('have defaults for a full run', () => {
    const { cases, n, rounds, limit, peers } = parseOptions([])
    expect({ cases, n, rounds, limit, peers }).toEqual({
      cases: [],
      n: 30_000,
      rounds: 3,
      limit: undefined,
      peers: true,
    })
  })

  test('take several cases', () => {
    expect(parseOptions(['--case', 'drain', '--case=insert/']).cases).toEqual(['drain', 'insert'])
  })

  test('take no threads for an inline queue', () => {
    expect(parseOptions(['--threads', '0']).threads).toBe(0)
  })

  test.each([
    [['--n', 'many'], '--n: expected a whole number from 100, found "many"'],
    [['--n', '99'], '--n: expected a whole number from 100, found "99"'],
    [['--rounds', '1.5'], '--rounds: expected a whole number from 1, found "1.5"'],
    [['--bytes', '1e9'], '--bytes: expected a whole number from 0 to 1000000, found "1e9"'],
    [['--limit', ''], '--limit: expected a whole number from 1, found ""'],
    [['--limit', '2', '--threads', '3'], '--threads: expected at most the limit of 2, found "3"'],
    [['--threads', '101'], '--threads: expected at most the limit of 100, found "101"'],
    [['--prefetch', '10001'], '--prefetch: expected a whole number from 0 to 10000'],
    [['--speed'], "Unknown option '--speed'"],
    [['fast'], 'Unexpected argument'],
  ])('refuse %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message)
  })
})
