import { styleText } from 'node:util'
import { expect, test } from 'vitest'
import { cutTo, padTo, widthOf } from '../../src/cli/text-width.ts'

const red = (text: string) => styleText('red', text, { validateStream: false })

test.each([
  ['', 0],
  ['abc', 3],
  ['├─ é', 4],
  ['e\u0301', 1],
  ['媒体', 4],
  ['ワーカー・キュー', 16],
  ['ﾜｰｶｰ', 4],
  ['🚀!', 3],
  [red('abc'), 3],
])('%j takes %i cells', (text, cells) => {
  expect(widthOf(text)).toBe(cells)
})

test('fills up to the width, never cuts', () => {
  expect([padTo('媒', 4), padTo('abcd', 2)]).toEqual(['媒  ', 'abcd'])
})

test('cuts at the width, between characters', () => {
  expect(cutTo('abcdef', 6)).toBe('abcdef')
  expect(cutTo('abcdef', 4)).toBe('abc…')
  expect(cutTo('媒体处理', 4)).toBe('媒…')
})

test('ends the colours that it has begun', () => {
  expect(cutTo(`${red('abc')}def`, 3)).toBe(red('ab…'))
  expect(cutTo(`ab${red('cdef')}`, 4)).toBe(`ab${red('c…')}`)
})
