import { expect, test } from 'vitest'
import { drawColumns } from '../../src/cli/columns.ts'
import { widthOf } from '../../src/cli/text-width.ts'

function plain(_: string, text: string): string {
  return text
}

const columns = [
  { title: 'id', align: 'right' },
  { title: 'worker', least: 6 },
  { title: 'tags', leave: 1 },
  { title: 'error', least: 8 },
] as const

const rows = [
  ['7', 'Media.Resize', 'bulk', 'Error: no such file'],
  ['1204', 'Mail', '', ''],
]

const draw = (width: number) => drawColumns(columns, rows, { width, paint: plain })

test('lays columns out, numbers to the right', () => {
  expect(draw(Infinity)).toEqual([
    '  id  worker        tags  error',
    '   7  Media.Resize  bulk  Error: no such file',
    '1204  Mail',
  ])
})

test('takes from the widest first, then leaves columns out', () => {
  expect(draw(36)[1]).toBe('   7  Media.Resi…  bulk  Error: no …')
  expect(draw(24)).toEqual(['  id  worker    error', '   7  Media.R…  Error: …', '1204  Mail'])
})

test.each([5, 12, 20, 23, 31, 44, 45, 80])('has no line wider than %i cells', (width) => {
  expect(Math.max(...draw(width).map(widthOf))).toBeLessThanOrEqual(width)
})

test('leaves out a column that is empty in every row', () => {
  expect(drawColumns(columns, [['7', 'Mail', '', 'x']], { width: 80, paint: plain })).toEqual([
    'id  worker  error',
    ' 7  Mail    x',
  ])
})

test('counts cells, not characters', () => {
  expect(draw(80)[1]?.indexOf('bulk')).toBe(20)
  const wide = drawColumns([{ title: 'a' }, { title: 'b' }], [['日本', 'x']], {
    width: 80,
    paint: plain,
  })
  expect(wide).toEqual(['a     b', '日本  x'])
})
