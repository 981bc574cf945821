import { describe, expect, test } from 'vitest'
import type { Comparison } from './comparison.ts'
import { type Contender, MissingPeerError, type Stage } from './family.ts'
import { parseOptions } from './options.ts'
import { isAsked, runFamily, thereAndBack } from './runner.ts'

const nothing = () => Promise.reject(new Error('no server is needed'))
const stage: Stage = {
  server: {
    version: '18',
    dataDir: '/',
    log: () => '',
    database: nothing,
    settle: nothing,
    drop: nothing,
    remove: nothing,
  },
  options: parseOptions([]),
  execArgv: [],
}

function comparison(ours: string, reference: string): Comparison {
  return {
    case: `${ours}/${reference}`,
    ours: { contender: ours, figure: 'rate' },
    reference: { contender: reference, figure: 'rate', label: reference },
    unit: 'jobs/s',
  }
}

/** Contenders that note when it is their turn. */
function startRun(names: readonly string[], missing: readonly string[] = []) {
  const turns: string[] = []
  const lines: string[] = []
  const contenders = names.map((name): Contender => ({
    name,
    measure: () => {
      turns.push(name)
      if (missing.includes(name)) return Promise.reject(new MissingPeerError('not here'))

      return Promise.resolve({ rate: turns.length })
    },
  }))
  const run = {
    stage,
    rounds: 3,
    isWanted: () => true,
    signal: new AbortController().signal,
    onProgress: (line: string) => lines.push(line),
  }

  return { contenders, lines, run, turns }
}

describe('the runner', () => {
  test('lets contenders take turns, beside the same ones in each round', async () => {
    const { contenders, run, turns } = startRun(['a', 'b', 'idle', 'c'])
    const comparisons = [comparison('a', 'b'), comparison('a', 'c')]
    const [outcome] = await runFamily({ contenders, comparisons }, run)

    expect(turns).toEqual(['a', 'b', 'c', 'c', 'b', 'a', 'a', 'b', 'c'])
    expect(outcome?.rounds).toBe(3)
  })

  test('runs once what takes minutes', async () => {
    const { contenders, run, turns } = startRun(['a', 'b'])
    await runFamily({ contenders, comparisons: [comparison('a', 'b')], isOnce: true }, run)

    expect(turns).toEqual(['a', 'b'])
  })

  test('leaves out who is not there, with one line', async () => {
    const { contenders, lines, run } = startRun(['a', 'b', 'c'], ['c'])
    const comparisons = [comparison('a', 'b'), comparison('a', 'c')]
    const outcomes = await runFamily({ contenders, comparisons }, run)

    expect(outcomes.map((outcome) => outcome.case)).toEqual(['a/b'])
    expect(lines.filter((line) => line.startsWith('c '))).toEqual(['c is left out: not here'])
  })

  test('runs nobody of whom nothing is asked', async () => {
    const { contenders, run, turns } = startRun(['a', 'b'])
    const family = { contenders, comparisons: [comparison('a', 'b')] }

    expect(await runFamily(family, { ...run, isWanted: () => false })).toEqual([])
    expect(turns).toEqual([])
  })

  test('ends between two turns when it is told to', async () => {
    const { contenders, run, turns } = startRun(['a', 'b'])
    const family = { contenders, comparisons: [comparison('a', 'b')] }
    const signal = AbortSignal.abort(new Error('ended by SIGINT'))

    await expect(runFamily(family, { ...run, signal })).rejects.toThrow('ended by SIGINT')
    expect(turns).toEqual([])
  })
})

test('cases are asked for by the first parts of their names', () => {
  expect(isAsked('drain/inline', [])).toBe(true)
  expect(isAsked('drain/inline', ['insert', 'drain'])).toBe(true)
  expect(isAsked('drain/inline', ['drain/inline'])).toBe(true)
  expect(isAsked('drain/inline', ['inline'])).toBe(false)
  expect(isAsked('drain/threads-1/limit-100', ['drain/threads-1/limit-10'])).toBe(false)
})

test('every other round goes back', () => {
  expect(thereAndBack(['a', 'b', 'c'], 1)).toEqual(['c', 'b', 'a'])
  expect(thereAndBack(['a', 'b', 'c'], 2)).toEqual(['a', 'b', 'c'])
})
