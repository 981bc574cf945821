import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decode, encode } from '../../src/notifier/encoding.ts'

/** Hardly compressible, as ids are. */
function noise(length: number): string {
  let seed = 1

  return Array.from({ length }, () => {
    seed = (seed * 16_807) % 2_147_483_647

    return String.fromCodePoint(48 + (seed % 75))
  }).join('')
}

describe('encode', () => {
  test('writes what is short as plain JSON', () => {
    expect(encode({ queue: 'media', action: 'pause' })).toBe('{"queue":"media","action":"pause"}')
  })

  test('counts the 512 bytes of a short message as bytes, not as characters', () => {
    const most = { queue: 'x'.repeat(512 - '{"queue":""}'.length) }

    expect(encode(most)).toBe(JSON.stringify(most))
    expect(encode({ queue: `${most.queue}x` })).toMatch(/^H4sI/)
    expect(encode({ queue: 'ü'.repeat(256) })).toMatch(/^H4sI/)
  })

  test('writes what is long as bare base64 of gzip, which oban-py reads too', () => {
    const message = { checks: Array.from({ length: 100 }, (_, id) => ({ id })) }
    const payload = encode(message)

    expect(payload).toMatch(/^H4sI/)
    expect(JSON.parse(gunzipSync(Buffer.from(payload, 'base64')).toString())).toEqual(message)
    expect(decode(payload)).toEqual(message)
  })

  test('refuses what PostgreSQL would refuse', () => {
    expect(() => encode({ text: noise(9_000) })).toThrow(
      /the message has \d{4,5} bytes when compressed; PostgreSQL takes 7999/,
    )
    expect(encode({ text: noise(6_000) }).length).toBeLessThan(8_000)
  })
})

/** Brackets in strings are no levels. */
const nested = (levels: number) =>
  `{"action":"pause","queue":"${'['.repeat(200)}","x":${'['.repeat(levels)}${']'.repeat(levels)}}`

describe('decode', () => {
  test('reads the three encodings, and nothing else', () => {
    const packed = gzipSync('{"a":1}').toString('base64')

    expect(['{"a":1}', `Z:${packed}`, packed].map(decode)).toEqual([{ a: 1 }, { a: 1 }, { a: 1 }])
    expect(['', 'hello', '{"a":', 'Z:', packed.slice(0, -8)].map(decode)).toEqual(
      Array.from({ length: 5 }),
    )
  })

  test('reads nothing that is nested so deep that a stack could end', () => {
    expect(decode(nested(99))).toMatchObject({ action: 'pause' })
    for (const levels of [100, 3_000, 100_000]) {
      expect(decode(nested(levels))).toBeUndefined()
      expect(decode(gzipSync(nested(levels)).toString('base64'))).toBeUndefined()
    }
  })
})
