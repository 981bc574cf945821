import { describe, expect, test } from 'vitest'
import { pack } from '../../src/notifier/pack.ts'
import { readPayload } from '../support/oban-web.ts'

/** Text that does not compress. */
function noise(length: number, seed = 1): string {
  let state = seed
  const next = () => {
    state = (state * 48_271) % 2_147_483_647

    return state.toString(36)
  }

  return Array.from({ length: Math.ceil(length / 4) }, next)
    .join('')
    .slice(0, length)
}

const wrap = (items: readonly string[]) => ({ items })

const half = (item: string) => (item.length > 1 ? item.slice(item.length / 2) : undefined)

describe('pack', () => {
  test('makes one message of what fits into one', () => {
    expect(pack(['a', 'b'], wrap)).toEqual(['{"items":["a","b"]}'])
    expect(pack([], wrap)).toEqual([])
  })

  test('makes as many messages as are needed, in order', () => {
    const items = Array.from({ length: 50 }, (_, index) => noise(1_000, index + 1))
    const payloads = pack(items, wrap)

    expect(payloads.length).toBeGreaterThan(3)
    expect(payloads.map(readPayload)).toEqual(payloads.map(() => ({ items: expect.any(Array) })))
    expect(payloads.flatMap((payload) => Object(readPayload(payload)).items)).toEqual(items)
  })

  test('makes an item smaller that is too large by itself, or leaves it out', () => {
    const [payload = '', ...rest] = pack([noise(40_000)], wrap, half)
    expect(Object(readPayload(payload)).items[0]).toHaveLength(5_000)
    expect(rest).toEqual([])
    expect(pack(['a', noise(40_000), 'b'], wrap)).toEqual(['{"items":["a"]}', '{"items":["b"]}'])
  })
})
