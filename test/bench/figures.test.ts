import { describe, expect, test } from 'vitest'
import { barChart } from './bar-chart.ts'
import type { Outcome } from './comparison.ts'
import { charts } from './figures.ts'

function outcome(overrides: Partial<Outcome>): Outcome {
  return {
    case: 'drain/inline/limit-100',
    against: null,
    ours: 900,
    reference: null,
    ratio: null,
    unit: 'jobs/s',
    aim: null,
    isMet: null,
    ratios: [],
    rounds: 3,
    ...overrides,
  }
}

const results = [
  outcome({ against: 'raw SQL', reference: 1_000 }),
  outcome({ against: 'a peer', reference: 500 }),
  outcome({ case: 'drain/threads-2/limit-100', against: 'raw SQL', ours: 700, reference: 1_000 }),
  outcome({ unit: 'us of the main thread', ours: 20 }),
]

describe('the charts of a run', () => {
  test('are one for each family and unit with more than one bar', () => {
    expect([...charts(results).keys()]).toEqual(['drain-jobs-s.svg'])
  })

  test('show us once for each case, beside everybody else', () => {
    expect(charts(results).get('drain-jobs-s.svg')).toEqual({
      title: 'drain',
      unit: 'jobs/s',
      groups: [
        {
          title: 'inline, limit 100',
          bars: [
            { label: 'oban-ts', value: 900, kind: 'ours' },
            { label: 'raw SQL', value: 1_000, kind: 'reference' },
            { label: 'a peer', value: 500, kind: 'reference' },
          ],
        },
        {
          title: 'threads 2, limit 100',
          bars: [
            { label: 'oban-ts', value: 700, kind: 'ours' },
            { label: 'raw SQL', value: 1_000, kind: 'reference' },
          ],
        },
      ],
    })
  })
})

describe('a bar chart', () => {
  const bars = [
    { label: 'a < b & c', value: 1_234.5, kind: 'ours' as const },
    { label: 'half', value: 617.25, kind: 'reference' as const },
  ]
  const svg = barChart({ title: 'drain', unit: 'jobs/s', groups: [{ title: 'inline', bars }] })

  test('has bars as long as their values', () => {
    const [ours = 0, others = 0] = [...svg.matchAll(/ width="([\d.]+)" height="16"/g)].map(
      ([, width]) => Number(width),
    )
    expect(ours / others).toBeCloseTo(2, 2)
  })

  test('has text that is no markup', () => {
    expect(svg).toContain('>a &lt; b &amp; c</text>')
  })

  test('has colours for a dark page', () => {
    expect(svg).toContain('prefers-color-scheme: dark')
  })
})
