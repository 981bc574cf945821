import { expect, test } from 'vitest'
import { sizeOf } from '../../src/cli/terminal-size.ts'

test('the size of a terminal is what it says, and the usual one where nobody has told it', () => {
  expect(sizeOf({ columns: 40, rows: 10 })).toEqual({ columns: 40, rows: 10 })
  expect(sizeOf({ columns: 0, rows: 0 })).toEqual({ columns: 80, rows: 24 })
})
