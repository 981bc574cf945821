import { expect, test } from 'vitest'
import { TopState } from '../../../src/cli/top/live.ts'
import { topLook } from '../../support/fleet.ts'

function plain(_: string, text: string): string {
  return text
}

function startState(intervalMs = 1_000) {
  const state = new TopState(intervalMs, plain)
  const take = (facts = {}) => {
    state.take({ seen: topLook(facts), outage: undefined })
  }
  const lines = () => state.draw({ columns: 100, rows: 30 })
  const chosen = () =>
    lines()
      .find((line) => line.startsWith('›'))
      ?.split(/ +/)[1]

  return { state, take, lines, chosen }
}

test('chooses a queue by arrows, with all of them above the first', () => {
  const { state, take, chosen } = startState()
  take()
  expect(chosen()).toBe('all')
  const seen = ['\u001B[B', 'j', 'j', 'k', '\u001B[A', 'k'].map((key) => {
    expect(state.press(key)).toBe(true)

    return chosen()
  })

  expect(seen).toEqual(['mailers', 'media', 'media', 'mailers', 'all', 'all'])
})

test('changes the interval within bounds', () => {
  const { state } = startState()
  const after = (key: string, times: number) => {
    for (let time = 0; time < times; time += 1) state.press(key)

    return state.intervalMs
  }

  expect([after('+', 1), after('-', 2), after('-', 9), after('+', 20)]).toEqual([
    2_000, 500, 250, 60_000,
  ])
})

test.each([
  [3_000, 5_000, 2_000],
  [120_000, 120_000, 60_000],
  [250, 500, 250],
])('goes from an interval of %d ms to the next steps', (intervalMs, above, below) => {
  const after = (key: string) => {
    const { state } = startState(intervalMs)
    state.press(key)

    return state.intervalMs
  }

  expect([after('+'), after('-')]).toEqual([above, below])
})

test('holds what is shown while it goes on to look', () => {
  const { state, take, lines } = startState()
  take()
  state.press('p')
  expect(state.isHeld).toBe(true)
  take({ latencyMs: 99 })
  expect(lines()[0]).toMatch(/database 1\.3 ms .*held: p goes on$/)
  state.press('p')

  expect(lines()[0]).toMatch(/database 99\.0 ms .*every 1\.0 s$/)
})

test('wants nothing of other keys', () => {
  const { state } = startState()

  expect(state.press('x')).toBe(false)
  expect(state.draw({ columns: 80, rows: 24 })).toEqual(['looking …'])
})
