import { describe, expect, test } from 'vitest'
import { startProgram } from '../support/program.ts'
import { faults } from './faults/catalogue.ts'
import { run } from './run.ts'

const MINUTES = 0.8

/** Faults of any length find the same recovery; short ones leave time for more of them. */
const LONGEST_MS = 3_000

const chaos = (...args: readonly string[]) =>
  startProgram(['--import', 'tsx', 'test/chaos/main.ts', ...args]).ended

describe('chaos', () => {
  // One after the other: each has four nodes and a server.
  test.for([101, 102, 103])(
    'no job is lost, doubled or miscounted with seed %i',
    { timeout: 240_000 },
    async (seed, { signal, onTestFinished }) => {
      const running = run({
        seed,
        minutes: MINUTES,
        nodes: 4,
        faults,
        longestMs: LONGEST_MS,
        onLine: () => {},
        signal,
      })
      // Also when its time is up: what it has started is gone before the next begins.
      onTestFinished(async () => {
        await Promise.allSettled([running])
      })
      const { summary, report } = await running
      if (summary.violations.length > 0) console.error(`seed ${seed}\n\n${report}`)

      expect(summary.violations).toEqual([])
    },
  )

  test('is a command whose last line is a summary', { timeout: 240_000 }, async () => {
    const args = ['--seed', '1', '--minutes', '0.3', '--nodes', '1', '--faults', 'cut', '--json']
    const { code, stdout } = await chaos(...args)
    const { seed, minutes, nodes, faults: struck, violations } = JSON.parse(stdout)

    expect([code, seed, minutes, nodes, violations]).toEqual([0, 1, 0.3, 1, []])
    expect(struck).toEqual({ cut: expect.any(Number) })
  })

  test('says which faults there are to who asks for another', async () => {
    const { code, stderr } = await chaos('--faults', 'kill,sharks')

    expect(code).toBe(2)
    const names = faults.map(({ name }) => name).join(', ')
    expect(stderr.split('\n')[0]).toBe(`chaos: there is no fault "sharks"; there are ${names}`)
  })

  test.for([
    ['--minutes', '0'],
    ['--minutes', '0.1'],
    ['--seed', 'x'],
    ['--nodes', '0'],
    ['--shark', '1'],
    ['sharks'],
  ])('tells who misuses it how to use it: %s', async (args) => {
    const { code, stderr } = await chaos(...args)

    expect(code).toBe(2)
    expect(stderr).toMatch(/^chaos: [^\n]+\n\nnpm run chaos -- \[--seed N\]/)
  })
})
