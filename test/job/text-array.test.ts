import { describe, expect, test } from 'vitest'
import { formatTextArray, parseTextArray } from '../../src/job/text-array.ts'

describe('text array', () => {
  test.each([
    ['{}', []],
    ['{a}', ['a']],
    ['{a,b}', ['a', 'b']],
    ['{"a,b","c}","{d"}', ['a,b', 'c}', '{d']],
    [String.raw`{"say \"hi\"","back\\slash"}`, ['say "hi"', String.raw`back\slash`]],
    ['{"",x}', ['', 'x']],
    ['{a,NULL,"NULL"}', ['a', 'NULL']],
    ['{"two\nlines"}', ['two\nlines']],
    [null, []],
    ['3', []],
  ])('reads %j', (text, strings) => {
    expect(parseTextArray(text)).toEqual(strings)
  })

  test.each([
    [[], '{}'],
    [['1', 'two words', 'NULL', ''], '{"1","two words","NULL",""}'],
    [['say "hi"', 'a,b{}'], String.raw`{"say \"hi\"","a,b{}"}`],
    [[String.raw`back\slash`], String.raw`{"back\\slash"}`],
  ])('writes %j', (strings, text) => {
    expect(formatTextArray(strings)).toBe(text)
    expect(parseTextArray(text)).toEqual(strings)
  })
})
