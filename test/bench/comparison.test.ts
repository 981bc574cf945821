import { describe, expect, test } from 'vitest'
import { outcomeOf, type Aim, type Comparison } from './comparison.ts'

const rounds = new Map([
  ['ours', [{ rate: 80 }, { rate: 90 }, { rate: 40 }]],
  ['raw', [{ rate: 100 }, { rate: 100 }, { rate: 50 }]],
  ['absent', []],
])

function comparison(overrides: Partial<Comparison> = {}): Comparison {
  return {
    case: 'drain',
    ours: { contender: 'ours', figure: 'rate' },
    reference: { contender: 'raw', figure: 'rate', label: 'raw SQL' },
    unit: 'jobs/s',
    ...overrides,
  }
}

describe('an outcome', () => {
  test('has the median of the ratios of the rounds, and the medians of both', () => {
    expect(outcomeOf(comparison(), rounds)).toEqual({
      case: 'drain',
      ours: 80,
      reference: 100,
      ratio: 0.8,
      unit: 'jobs/s',
      against: 'raw SQL',
      aim: null,
      isMet: null,
      ratios: [0.8, 0.9, 0.8],
      rounds: 3,
    })
  })

  test.each<[Aim, boolean]>([
    [{ of: 'ratio', least: 0.8 }, true],
    [{ of: 'ratio', least: 0.81 }, false],
    [{ of: 'ratio', most: 0.8 }, true],
    [{ of: 'ratio', most: 0.79 }, false],
    [{ of: 'ours', most: 80 }, true],
    [{ of: 'ours', most: 79 }, false],
  ])('with the aim %j is met: %s', (aim, isMet) => {
    expect(outcomeOf(comparison({ aim }), rounds)?.isMet).toBe(isMet)
  })

  test('stands for itself where nothing is compared', () => {
    const alone = { ...comparison() }
    delete (alone as { reference?: unknown }).reference
    expect(outcomeOf(alone, rounds)).toMatchObject({ ours: 80, reference: null, ratio: null })
  })

  test.each(['absent', 'unheard of'])('is left out where a contender is %s', (contender) => {
    const reference = { contender, figure: 'rate', label: 'nobody' }
    expect(outcomeOf(comparison({ reference }), rounds)).toBeUndefined()
  })

  test('cannot be had of a figure that was not taken', () => {
    const wrong = comparison({ ours: { contender: 'ours', figure: 'weight' } })
    expect(() => outcomeOf(wrong, rounds)).toThrow('ours has no figure weight')
  })
})
