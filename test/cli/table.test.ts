import { styleText } from 'node:util'
import { expect, test } from 'vitest'
import { drawTable } from '../../src/cli/table.ts'

const columns = [{ title: 'queue' }, { title: 'jobs', align: 'right' }] as const

test('aligns words to the left and numbers to the right', () => {
  expect(
    drawTable(columns, [
      ['default', '3'],
      ['mail', '1,204'],
    ]),
  ).toEqual([
    '┌─────────┬───────┐',
    '│ queue   │  jobs │',
    '├─────────┼───────┤',
    '│ default │     3 │',
    '│ mail    │ 1,204 │',
    '└─────────┴───────┘',
  ])
})

test('sets the footer apart', () => {
  expect(drawTable(columns, [['mail', '12']], { footer: [['all', '12']] })).toEqual([
    '┌───────┬──────┐',
    '│ queue │ jobs │',
    '├───────┼──────┤',
    '│ mail  │   12 │',
    '├───────┼──────┤',
    '│ all   │   12 │',
    '└───────┴──────┘',
  ])
})

test('gives colours no room', () => {
  const green = styleText('green', 'mail', { validateStream: false })
  const [, , , row] = drawTable(columns, [[green, '12']])

  expect(row).toBe(`│ ${green}  │   12 │`)
})

test('draws the titles alone when there are no rows', () => {
  expect(drawTable(columns, [])).toEqual([
    '┌───────┬──────┐',
    '│ queue │ jobs │',
    '├───────┼──────┤',
    '└───────┴──────┘',
  ])
})
