import { describe, expect, test } from 'vitest'
import { decode } from '../../src/notifier/encoding.ts'
import { encodeEnding, encodeWish, parseEnding, parseWish } from '../../src/notifier/endings.ts'

const longest = Array.from({ length: 900 }, (_, index) => Number.MAX_SAFE_INTEGER - index)

describe('the words about awaited jobs', () => {
  test('fit into notifications, however many the jobs are', () => {
    const wishes = encodeWish('0123abcd', longest)
    const endings = encodeEnding(longest)

    for (const payload of [...wishes, ...endings]) expect(payload.length).toBeLessThan(8_000)
    expect(wishes.flatMap((payload) => parseWish(decode(payload))?.ids ?? [])).toEqual(longest)
    expect(endings.flatMap(parseEnding)).toEqual(longest)
    expect(parseWish(decode(wishes[0] ?? ''))).toMatchObject({ action: 'await', reply: '0123abcd' })
  })

  test.each([
    '',
    'x',
    '{"action":"await","reply":"other channel","ids":[1]}',
    '{"action":"await","reply":"0123abcd","ids":["1"]}',
    `{"action":"await","reply":"0123abcd","ids":[${longest.join(',')}]}`,
    '{"action":"portrait","reply":"0123abcd"}',
  ])('are not %s', (payload) => {
    expect(parseWish(decode(payload))).toBe(undefined)
    expect(parseEnding(payload)).toEqual([])
  })
})
