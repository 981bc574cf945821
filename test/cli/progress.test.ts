import { expect, test } from 'vitest'
import { bar, plainProgress } from '../../src/cli/progress.ts'

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
  progress.done('started')

  expect(lines).toEqual(['✔ installed', '! slow', '✔ started'])
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
