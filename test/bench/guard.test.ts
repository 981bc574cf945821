import { describe, expect, test } from 'vitest'
import { caseNames, families } from './catalogue.ts'
import type { Outcome } from './comparison.ts'
import { documented, farOff, guardOptions, isGuarded } from './guard.ts'
import { parseOptions } from './options.ts'

function outcome(name: string, ratio: number): Outcome {
  return {
    case: name,
    against: 'raw',
    ours: ratio,
    reference: 1,
    ratio,
    unit: 'jobs/s',
    aim: null,
    isMet: null,
    ratios: [ratio],
    rounds: 1,
  }
}

describe('the guard', () => {
  const drain = { case: 'drain/inline', against: 'raw', ratio: 0.8 }
  const latency = { case: 'latency/at-50', against: 'raw', ratio: 1.3 }

  test.each([
    [drain, 0.4, []],
    [drain, 0.39, ['drain/inline against raw: 0.8 is documented, 0.39 was found']],
    [latency, 2.6, []],
    [latency, 2.61, ['latency/at-50 against raw: 1.3 is documented, 2.61 was found']],
  ])('of %j at %d says %j', (each, ratio, lines) => {
    expect(farOff([outcome(each.case, ratio)], [each]).map(({ line }) => line)).toEqual(lines)
  })

  test('misses what was not measured', () => {
    expect(farOff([], [drain]).map(({ line }) => line)).toEqual([
      'drain/inline against raw: 0.8 is documented, nothing was found',
    ])
  })

  test('looks at comparisons that exist', () => {
    const all = documented()
    const comparisons = families(guardOptions(parseOptions([]))).flatMap((family) => [
      ...family.comparisons,
    ])

    expect(comparisons.filter((comparison) => isGuarded(all, comparison))).toHaveLength(all.length)
  })
})

test('every case has a name that can be asked for', () => {
  const names = caseNames(parseOptions([]))
  expect(names.filter((name) => !/^[a-z0-9-]+(\/[a-z0-9-]+)+$/.test(name))).toEqual([])
})
