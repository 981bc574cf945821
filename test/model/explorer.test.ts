import { describe, expect, test } from 'vitest'
import { explore, UNREACHABLE, type Limits, type Model } from './explorer.ts'

const limits: Limits = { maxSeconds: 60, maxStates: 1_000, now: () => 0 }

interface Jug {
  readonly small: number
  readonly large: number
}

/** The puzzle of the two jugs, which hold three and five: four litres are wanted. */
function jugs(overrides: Partial<Model<Jug>> = {}): Model<Jug> {
  return {
    initial: { small: 0, large: 0 },
    keyOf: ({ small, large }) => `${small} ${large}`,
    expand: ({ small, large }, visit) => {
      const over = Math.min(small, 5 - large)
      const back = Math.min(large, 3 - small)
      const steps: Record<string, Jug> = {
        'fill the small one': { small: 3, large },
        'fill the large one': { small, large: 5 },
        'empty the small one': { small: 0, large },
        'empty the large one': { small, large: 0 },
        'pour over': { small: small - over, large: large + over },
        'pour back': { small: small + back, large: large - back },
      }
      for (const [label, next] of Object.entries(steps)) visit({ label, isFault: false }, next)
    },
    broken: () => undefined,
    isGoal: () => true,
    ...overrides,
  }
}

/** A gate that has to break before anybody gets to the goal behind it. */
function gate(isFault: boolean): Model<string> {
  return {
    initial: 'before',
    keyOf: (place) => place,
    expand: (place, visit) => {
      if (place === 'before') visit({ label: 'the gate breaks', isFault }, 'behind')
    },
    broken: () => undefined,
    isGoal: (place) => place === 'behind',
  }
}

describe('explorer', () => {
  test('finds every state once', () => {
    expect(explore(jugs(), limits)).toEqual({
      states: 16,
      steps: 96,
      depth: 7,
      seconds: 0,
      end: 'complete',
      violation: undefined,
    })
  })

  test('tells the shortest way to a violation', () => {
    const model = jugs({ broken: ({ large }) => (large === 4 ? 'four litres' : undefined) })

    expect(explore(model, limits)).toMatchObject({
      end: 'violation',
      violation: {
        property: 'four litres',
        trace: [
          'fill the large one',
          'pour back',
          'empty the small one',
          'pour back',
          'fill the large one',
          'pour back',
        ],
      },
    })
  })

  test('looks at the first state too', () => {
    expect(explore(jugs({ broken: () => 'empty' }), limits).violation).toEqual({
      property: 'empty',
      trace: [],
    })
  })

  test('finds the nearest state from which the goal is out of reach', () => {
    // Counts up to five, or falls into a hole that is no fault to fall into.
    const model: Model<number> = {
      initial: 0,
      keyOf: String,
      expand: (count, visit) => {
        if (count < 0) return
        if (count < 5) visit({ label: 'count', isFault: false }, count + 1)
        if (count > 1) visit({ label: 'fall', isFault: false }, -count)
      },
      broken: () => undefined,
      isGoal: (count) => count === 5,
    }

    expect(explore(model, limits).violation).toEqual({
      property: UNREACHABLE,
      trace: ['count', 'count', 'fall'],
    })
  })

  test('does not rely on faults to reach the goal', () => {
    expect(explore(gate(false), limits).end).toBe('complete')
    expect(explore(gate(true), limits).violation).toEqual({ property: UNREACHABLE, trace: [] })
  })

  test('takes states for the same that have the same key', () => {
    const mirrored = jugs({ keyOf: ({ small, large }) => `${small + large}` })

    expect(explore(mirrored, limits).states).toBeLessThan(16)
  })

  test('ends at its limits', () => {
    let ms = 0
    const slow = () => (ms += 40_000)

    expect(explore(jugs(), { ...limits, maxStates: 5 }).end).toBe('states')
    expect(explore(jugs(), { ...limits, now: slow }).end).toBe('time')
  })
})
