import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decode } from '../../src/notifier/encoding.ts'
import { parseInserted, parseResigned } from '../../src/notifier/payload.ts'

const read = (payload: string) => parseInserted(decode(payload))

const plain = '{"queue":"default"}'
const packed = gzipSync(plain).toString('base64')
const bomb = gzipSync(`{"queue":"${' '.repeat(50_000_000)}"}`).toString('base64')

describe('payload', () => {
  test.each([
    ['plain', plain],
    ['gzip after Z:', `Z:${packed}`],
    ['bare gzip', packed],
    ['with keys that we do not know', '{"queue":"default","node":"x"}'],
  ])('is read: %s', (_, payload) => {
    expect(read(payload)).toEqual({ queue: 'default' })
  })

  test('of bare gzip starts as every gzip does', () => {
    expect(packed.startsWith('H4sI')).toBe(true)
  })

  test.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['half of a JSON', '{"queue":'],
    ['another type', '{"queue":7}'],
    ['another shape', '{"jobs":[]}'],
    ['an array', '["default"]'],
    ['null, packed', gzipSync('null').toString('base64')],
    ['half of a gzip', packed.slice(0, -8)],
    ['Z: and nothing', 'Z:'],
    ['Z: and text', 'Z:hello'],
    ['packed text', gzipSync('hello').toString('base64')],
  ])('that is %s is ignored', (_, payload) => {
    expect(read(payload)).toBeUndefined()
  })

  test.each([
    ['behind Z:', (base64: string) => `Z:${base64}`],
    ['bare', (base64: string) => base64],
  ])('is unpacked up to 64 KiB and no further: %s', (_, encode) => {
    const packedTo = (bytes: number) => {
      const text = plain.replace('default', 'x'.repeat(bytes - 12))

      return encode(gzipSync(text).toString('base64'))
    }

    expect(read(packedTo(64 * 1024))?.queue).toHaveLength(64 * 1024 - 12)
    expect(read(packedTo(64 * 1024 + 1))).toBeUndefined()
    expect(read(encode(bomb))).toBeUndefined()
  })

  test('takes the name of an instance whose leader resigned, and nothing else', () => {
    expect(parseResigned({ action: 'resign', name: 'Oban', node: 'a' })).toEqual({
      action: 'resign',
      name: 'Oban',
    })
    expect(parseResigned({ down: 'Oban' })).toBeUndefined()
    expect(parseResigned({ action: 'resign' })).toBeUndefined()
  })
})
