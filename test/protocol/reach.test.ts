import { describe, expect, test } from 'vitest'
import { Reach } from '../../src/protocol/reach.ts'

describe('reach', () => {
  test.each([
    ['unknown', false, 'global'],
    ['isolated', true, 'local'],
    ['solitary', false, 'local'],
    ['solitary', true, 'global'],
    ['clustered', false, 'global'],
    ['clustered', true, 'global'],
  ] as const)('makes of %s, leading: %s, the mode %s', (connectivity, isLeader, mode) => {
    const reach = new Reach()
    reach.hear(connectivity)
    reach.settle(isLeader)

    expect(reach.mode).toBe(mode)
  })

  test('tells what has changed, once', () => {
    const reach = new Reach()

    expect([reach.hear('isolated'), reach.hear('isolated')]).toEqual([true, false])
    expect([reach.settle(false), reach.settle(false)]).toEqual([true, false])
  })
})
