import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { problemsOf } from '../support/config-problems.ts'

describe('metrics options', () => {
  test.each([
    [undefined, false],
    [false, false],
    [true, { counts: true, estimateAbove: 50_000 }],
    [{}, { counts: true, estimateAbove: 50_000 }],
    [
      { counts: false, estimateAbove: 1 },
      { counts: false, estimateAbove: 1 },
    ],
  ])('read %o as %o', (given, metrics) => {
    expect(parseConfig({ metrics: given }).metrics).toEqual(metrics)
  })

  test('refuse what they do not know', () => {
    const given: object = { metrics: { counts: 'no', estimateAbove: 0, gossip: true } }

    expect(problemsOf(given)).toMatchObject([
      { path: 'metrics.counts', message: 'expected true or false, found "no"' },
      expect.objectContaining({ path: 'metrics.estimateAbove' }),
      expect.objectContaining({ path: 'metrics.gossip' }),
    ])
    expect(problemsOf({ metrics: Object('on') })).toMatchObject([
      expect.objectContaining({
        message: expect.stringMatching('true, false or an object with counts, estimateAbove'),
      }),
    ])
  })
})
