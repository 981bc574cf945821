import { describe, expect, test } from 'vitest'
import { drawFindings, summarize } from '../../../src/cli/doctor/draw.ts'
import { worst } from '../../../src/cli/doctor/examination.ts'
import type { Finding } from '../../../src/cli/doctor/finding.ts'

const base: Finding = {
  id: 'backlog',
  theme: 'jobs',
  why: 'late jobs are late',
  result: 'ok',
  found: 'nothing waits',
  todo: [],
}

const plain = (_: string, text: string) => text

function drawn(findings: readonly Finding[], width = 80): string[] {
  return drawFindings({ findings, leftOut: [] }, { paint: plain, width })
}

describe('findings', () => {
  test('that are well take a line, others say why and what to do', () => {
    const findings: Finding[] = [
      base,
      { ...base, id: 'version', theme: 'server', result: 'problem', found: '13', todo: ['oban x'] },
    ]

    expect(drawn(findings)).toEqual([
      'Server',
      '✗ version                 13',
      '                          why: late jobs are late',
      '                          → oban x',
      '',
      'Jobs',
      '✓ backlog                 nothing waits',
      '',
    ])
  })

  test('are broken at the width of the terminal, statements are not', () => {
    const found = 'word '.repeat(20).trim()
    const sql = `UPDATE ${'x'.repeat(90)};`
    const lines = drawn([{ ...base, result: 'warning', found, todo: [found, sql] }])

    expect(lines.filter((line) => line.length > 80)).toEqual([`  → ${sql}`])
    expect(lines[1]).toBe(`! backlog                 ${'word '.repeat(11).trim()}`)
    expect(lines.at(-3)).toBe(`${' '.repeat(28)}${'word '.repeat(10).trim()}`)
  })

  test('hold nothing that steers a terminal, in names and statements', () => {
    const evil = 'a\u001B[2J\u009B1m\nb'
    const todo = [`DELETE FROM crons WHERE instance = '${evil}';`]
    const lines = drawn([{ ...base, result: 'note', found: evil, todo }])

    expect(lines[1]).toBe('i backlog                 a [2J 1m b')
    expect(lines[3]?.trim()).toBe(`→ DELETE FROM crons WHERE instance = 'a [2J 1m b';`)
  })

  test('are counted, and the worst decides', () => {
    const findings: Finding[] = [base, { ...base, result: 'note' }, { ...base, result: 'warning' }]

    expect(summarize({ findings, leftOut: ['a'] }, plain)).toBe(
      '1 warning, 1 note, 1 ok, 1 check left out: nothing to look at',
    )
    expect(worst(findings)).toBe('warning')
    expect(worst([])).toBe('ok')
  })
})
