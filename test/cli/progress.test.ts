import { expect, test } from 'vitest'
import { bar, movingLines, plainProgress } from '../../src/cli/progress.ts'

function startProgress() {
  const lines: string[] = []
  const clock = { nowMs: 0 }
  const progress = plainProgress(
    (line) => lines.push(line),
    () => clock.nowMs,
  )

  return { progress, clock, lines }
}

test('tells of the same work every two seconds at most', () => {
  const { progress, clock, lines } = startProgress()
  for (let step = 0; step <= 50; step += 1) {
    clock.nowMs = step * 100
    progress.update(`at ${clock.nowMs}`)
  }

  expect(lines).toEqual(['  at 2000', '  at 4000'])
})

test('tells of what is done, and of trouble, at once', () => {
  const { progress, lines } = startProgress()
  progress.done('installed')
  progress.warn('slow')
  progress.note('a thread ended')
  progress.done('started')

  expect(lines).toEqual(['✔ installed', '! slow', '! a thread ended', '✔ started'])
})

const plain = (_: string, text: string): string => text

const moving = {
  draw: (columns: number) => [`mail ${columns}`, 'files'],
  note: { text: 'a thread ended', ageMs: 1_234 },
}

test('shows the latest note below what moves, with its age', () => {
  expect(movingLines(moving, { columns: 44, rows: 10 }, plain)).toEqual([
    '  mail 40',
    '  files',
    '! 1.2 s ago · a thread ended',
  ])
})

test('keeps what moves within a small terminal', () => {
  expect(movingLines(moving, { columns: 12, rows: 4 }, plain)).toEqual(['  mail 8', '  files'])
  expect(movingLines(moving, { columns: 9, rows: 10 }, plain)).toEqual(['  ma…', '  fi…', '! 1.…'])
  expect(movingLines(moving, { columns: 1, rows: 1 }, plain)).toEqual([])
})

test('draws the done part of a whole', () => {
  expect([bar(0, 0, 4), bar(0, 9, 4), bar(5, 9, 4), bar(8, 9, 4), bar(9, 9, 4)]).toEqual([
    '░░░░',
    '░░░░',
    '██░░',
    '███░',
    '████',
  ])
})
