import { describe, expect, test } from 'vitest'
import { splitAtParameters } from '../../src/adapters/placeholders.ts'

describe('placeholders', () => {
  test('take a statement apart at its parameters, in their order there', () => {
    expect(splitAtParameters('SELECT $2::text, $1, $2 FROM x')).toEqual({
      parts: ['SELECT ', '::text, ', ', ', ' FROM x'],
      positions: [1, 0, 1],
    })
    expect(splitAtParameters('SELECT 1')).toEqual({ parts: ['SELECT 1'], positions: [] })
    expect(splitAtParameters('$12')).toEqual({ parts: ['', ''], positions: [11] })
  })

  test.each([
    '-- $1 jobs\nSELECT ',
    `SELECT 'it''s $1', `,
    'SELECT "a ""$1"" b"."$1", ',
    '/* $1\n$1 */ SELECT ',
    `SELECT "it's", -- 'open\n`,
  ])('leave alone what only looks like one: %j', (text) => {
    expect(splitAtParameters(`${text}$1`)).toEqual({ parts: [text, ''], positions: [0] })
  })
})
