import { deflateSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecordError } from '../src/job-errors.ts'
import { decodeRecorded, decodeTerm, encodeRecorded, encodeTerm } from '../src/term.ts'
import { termTag } from '../src/term/tag.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

function nested(depth: number): unknown[] {
  let value: unknown[] = []
  for (let level = 1; level < depth; level += 1) value = [value]

  return value
}

/** What Erlang's term_to_binary writes for the value on the left. */
const vectors: [value: unknown, term: string][] = [
  [null, '83 77 03 6e696c'],
  [true, '83 77 04 74727565'],
  [false, '83 77 05 66616c7365'],
  [0, '83 61 00'],
  [255, '83 61 ff'],
  [256, '83 62 00000100'],
  [-1, '83 62 ffffffff'],
  [2_147_483_647, '83 62 7fffffff'],
  [-2_147_483_648, '83 62 80000000'],
  [2_147_483_648, '83 6e 04 00 00000080'],
  [-2_147_483_649, '83 6e 04 01 01000080'],
  [Number.MAX_SAFE_INTEGER, '83 6e 07 00 ffffffffffff1f'],
  [2n ** 64n, '83 6e 09 00 000000000000000001'],
  [-(2n ** 64n), '83 6e 09 01 000000000000000001'],
  [2n ** 2_039n, `83 6e ff 00 ${'00'.repeat(254)}80`],
  [2n ** 2_040n, `83 6f 00000100 00 ${'00'.repeat(255)}01`],
  [1.5, '83 46 3ff8000000000000'],
  [-0, '83 46 8000000000000000'],
  [1e300, '83 46 7e37e43c8800759c'],
  ['', '83 6d 00000000'],
  ['häß', '83 6d 00000005 68c3a4c39f'],
  [[], '83 6a'],
  [[1, 'a'], '83 6c 00000002 61 01 6d 00000001 61 6a'],
  [{}, '83 74 00000000'],
  [{ bytes: 1234 }, '83 74 00000001 6d 00000005 6279746573 62 000004d2'],
]

describe('term', () => {
  test.each(vectors)('writes and reads %o as Erlang does', (value, term) => {
    expect(hex(encodeTerm(value))).toBe(hex(bytes(term)))
    expect(decodeTerm(bytes(term))).toEqual(value)
  })

  test.each([
    // Written by Erlang/OTP 25 itself.
    ['g3QAAAABZAAKX19zdHJ1Y3RfX2QAC0VsaXhpci5EYXRl', { __struct__: 'Elixir.Date' }],
    [
      'g2wAAAACaAJkAAFhYQFoAmQAAWJ0AAAAAWQAAWNkAANuaWxq',
      [
        ['a', 1],
        ['b', { c: null }],
      ],
    ],
    ['g2sAA2FiYw==', [97, 98, 99]],
    ['g24HAAEAAAAAACA=', 9_007_199_254_740_993n],
    ['g2wAAAACZAADbmlsYgAAASxq', [null, 300]],
    ['g2MxLjUwMDAwMDAwMDAwMDAwMDAwMDAwZSswMAAAAAAA', 1.5],
    ['g1AAAAC6eJzLYWBgEMkFEiyJQDCEGFkAMkwoDw==', Array.from({ length: 20 }, () => 'aaaa')],
  ])('reads %s', (text, value) => {
    expect(decodeRecorded(text)).toEqual(value)
  })

  test.each([
    ['an atom in Latin-1', '83 64 0002 6fe4', 'oä'],
    ['a small atom in Latin-1', '83 73 03 6e696c', null],
    ['an atom in UTF-8', '83 76 0004 74727565', true],
    ['any other atom', '83 77 02 6f6b', 'ok'],
    ["Erlang's own nothing", '83 77 09 756e646566696e6564', null],
    ['a tuple', '83 68 02 77 02 6f6b 61 01', ['ok', 1]],
    ['a large tuple', '83 69 00000001 6a', [[]]],
    ['a list of bytes, written as a string', '83 6b 0003 010203', [1, 2, 3]],
    [
      'a float as text',
      `83 63 ${hex(Buffer.from('1.50000000000000000000e+00'.padEnd(31, '\0')))}`,
      1.5,
    ],
    [
      'a map with keys of atoms and integers',
      '83 74 00000002 77 01 61 61 01 61 05 6a',
      { a: 1, 5: [] },
    ],
    ['bytes that are not text', '83 6d 00000002 ff00', new Uint8Array([255, 0])],
    ['a small number in a big form', '83 6e 01 01 05', -5],
    ['a compressed term', `83 50 00000002 ${hex(deflateSync(bytes('61 07')))}`, 7],
    ['a term with bytes after it', '83 61 07 ffff', 7],
  ])('reads %s', (_name, term, value) => {
    expect(decodeTerm(bytes(term))).toEqual(value)
  })

  test('is stored in base64 without padding', () => {
    expect(encodeRecorded({ bytes: 1234 })).toBe('g3QAAAABbQAAAAVieXRlc2IAAATS')
    expect(encodeRecorded(1)).toBe('g2EB')
    expect(encodeRecorded('a')).toBe('g20AAAABYQ')
    expect(decodeRecorded('g20AAAABYQ')).toBe('a')
    expect(decodeRecorded('g20AAAABYQ==')).toBe('a')
  })

  test('returns any JSON value as it was', () => {
    const keep = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' })

    fc.assert(
      fc.property(keep, (value) => {
        expect(decodeRecorded(encodeRecorded(value))).toEqual(value)
      }),
      { numRuns: 300 },
    )
  })

  test('returns integers of any size', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 2_100n), max: 2n ** 2_100n }), (value) => {
        const decoded = decodeTerm(encodeTerm(value))

        expect(typeof decoded === 'number' ? BigInt(decoded) : decoded).toBe(value)
      }),
    )
  })

  test('returns every finite double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(decodeTerm(encodeTerm(value))).toBe(value)
      }),
    )
  })

  test('follows JSON where Erlang has no such value', () => {
    const value = { at: new Date(0), gone: undefined, list: [undefined, null] }

    expect(decodeTerm(encodeTerm(value))).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      list: [null, null],
    })
    expect(decodeTerm(encodeTerm(undefined))).toBeNull()
    expect(decodeTerm(encodeTerm([new Date(Number.NaN)]))).toEqual([null])
  })

  test('asks toJSON once, as JSON does', () => {
    const value = { a: 1, toJSON: () => ({ ...value, toJSON: undefined, b: value }) }

    expect(() => encodeTerm({ toJSON: () => value })).toThrow('toJSON is a function')
    expect(decodeTerm(encodeTerm({ toJSON: () => ({ a: 1 }) }))).toEqual({ a: 1 })
  })

  test('keeps a key named __proto__ apart from the prototype', () => {
    const value: object = JSON.parse('{"__proto__":{"admin":true}}')
    const decoded = decodeTerm(encodeTerm(value))

    expect(JSON.stringify(decoded)).toBe('{"__proto__":{"admin":true}}')
    expect(Object(decoded).admin).toBeUndefined()
  })

  test.each([
    [{ a: [() => 1] }, 'a[0] is a function'],
    [{ a: Symbol('x') }, 'a is a symbol'],
    [{ a: { b: Number.NaN } }, 'a.b is NaN'],
    [-Infinity, 'it is -Infinity'],
    [{ a: new Map() }, 'a is a Map'],
    [[Promise.resolve()], '[0] is a Promise'],
    [new Uint8Array(3), 'it is a Uint8Array'],
    [{ a: '\uD800' }, 'a contains half of a surrogate pair'],
  ])('refuses %o by its path', (value, reason) => {
    expect(() => encodeTerm(value)).toThrow(new RecordError(`cannot record the value: ${reason}`))
  })

  test('refuses a cycle, but not one object in two places', () => {
    const cycle: { a: unknown[] } = { a: [] }
    cycle.a.push({ b: cycle })
    const shared = { x: 1 }

    expect(() => encodeTerm(cycle)).toThrow('a[0].b refers back to an object that contains it')
    expect(decodeTerm(encodeTerm([shared, shared]))).toEqual([shared, shared])
  })

  test('has the same bound of depth both ways', () => {
    expect(decodeTerm(encodeTerm(nested(999)))).toEqual(nested(999))
    expect(() => encodeTerm(nested(1_000))).toThrow('is nested deeper than 1000 levels')

    const deep = bytes(`83 ${'6c00000001'.repeat(100_000)}`)
    expect(() => decodeTerm(deep)).toThrow('is nested deeper than 1000 levels')
  })

  test('has at most 64,000,000 bytes', () => {
    // Version, tag and length take 6 of them.
    const largest = 'x'.repeat(63_999_994)

    expect(encodeTerm(largest)).toHaveLength(64_000_000)
    expect(() => encodeTerm({ a: `${largest}x` })).toThrow('a does not fit')

    const sparse: unknown[] = []
    sparse.length = 2 ** 32 - 1
    expect(() => encodeTerm({ sparse })).toThrow('sparse does not fit')
  })

  test.each([
    ['nothing', ''],
    ['another version', '82 61 01'],
    ['a binary that claims 4 GB', '83 6d ffffffff 00'],
    ['a list that claims 4 billion elements', '83 6c ffffffff 6a6a'],
    ['a tuple that claims 4 billion elements', '83 69 ffffffff 6a6a'],
    ['a map that claims 4 billion members', '83 74 ffffffff 6a6a'],
    ['a number that claims 4 GB', '83 6f ffffffff 00 01'],
    ['a list without its end', '83 6c 00000001 6a'],
    ['an improper list', '83 6c 00000001 61 01 61 02'],
    ['a map with a list as key', '83 74 00000001 6a 6a'],
    ['a float that is no number', '83 46 7ff8000000000000'],
    ['an endless float', '83 46 7ff0000000000000'],
    ['a float as text that is none', `83 63 ${'78'.repeat(31)}`],
    ['bits that make no bytes', '83 4d 00000001 03 20'],
    ['a reference', '83 5a 0001 7700 00 00000000'],
    ['a function', '83 71 7700 7700 6100'],
    ['a pid', '83 58 7700 00000000 00000000 00000000'],
    ['compressed rubbish', '83 50 00000002 0000'],
    ['a compressed term of nothing', `83 50 00000000 ${hex(deflateSync(Buffer.alloc(0)))}`],
  ])('refuses %s', (_name, term) => {
    expect(() => decodeTerm(bytes(term))).toThrow(RecordError)
  })

  test('stops inflating at the size that the term claims', () => {
    const bomb = hex(deflateSync(Buffer.alloc(10_000_000)))

    expect(() => decodeTerm(bytes(`83 50 00000001 ${bomb}`))).toThrow('cannot be decompressed')
    expect(() => decodeTerm(bytes(`83 50 ffffffff ${bomb}`))).toThrow('has 4294967295 bytes')
  })

  test('has at most 5,000,000 values, whatever a few bytes claim', () => {
    const emptyLists = Buffer.concat([
      bytes('6c 00500000'),
      Buffer.alloc(5_242_880, termTag.nil),
      bytes('6a'),
    ])
    const size = emptyLists.length.toString(16).padStart(8, '0')
    const packed = deflateSync(emptyLists)
    expect(packed.length).toBeLessThan(10_000)

    expect(() => decodeTerm(bytes(`83 50 ${size} ${hex(packed)}`))).toThrow('5000000 values')
    const texts = Buffer.concat([bytes('6b ffff'), Buffer.alloc(65_535)])
    const many = Buffer.concat([
      bytes('83 6c 00000050'),
      ...Array.from({ length: 80 }, () => texts),
    ])
    expect(() => decodeTerm(many)).toThrow('5000000 values')
    expect(() => encodeTerm(Array.from({ length: 5_000_000 }, () => 0))).toThrow('5000000 values')
  })

  test('reads or refuses any bytes, and nothing else happens', () => {
    const tail = fc.uint8Array({ maxLength: 200 })
    const likely = fc.constantFrom(
      70,
      80,
      97,
      98,
      99,
      100,
      104,
      105,
      107,
      108,
      109,
      110,
      111,
      115,
      116,
      118,
      119,
    )

    fc.assert(
      fc.property(likely, tail, (tag, rest) => {
        try {
          decodeTerm(Uint8Array.from([131, tag, ...rest]))
        } catch (error) {
          expect(error).toBeInstanceOf(RecordError)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('cut off anywhere is refused', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(), (value, at) => {
        const whole = encodeTerm(value)

        expect(() => decodeTerm(whole.subarray(0, at % whole.length))).toThrow(RecordError)
      }),
    )
  })
})
