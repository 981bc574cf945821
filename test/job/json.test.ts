import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { copyAsJson, pathTo } from '../../src/job/json.ts'

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level += 1) value = { a: value }

  return value
}

describe('json', () => {
  test('copies what JSON keeps and drops what it drops', () => {
    const value = {
      at: new Date(0),
      gone: undefined,
      call: () => 1,
      list: [undefined, Number.NaN, { deep: true }],
      emoji: '👩‍🚀',
    }

    expect(copyAsJson(value)).toEqual({
      value: {
        at: '1970-01-01T00:00:00.000Z',
        list: [null, null, { deep: true }],
        emoji: '👩‍🚀',
      },
    })
  })

  test('is what JSON itself would make of any value it accepts', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        fc.pre(!text.includes(String.raw`\u0000`) && !/\\ud[89a-f]/.test(text))

        expect(copyAsJson(value)).toEqual({ value: JSON.parse(text) })
      }),
    )
  })

  test('is what JSON itself would make of flat objects of anything', () => {
    const member = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.boolean(),
      fc.constantFrom(null, undefined, Symbol('none'), () => 1, new Date(0), -0, Number.NaN),
    )
    const flat = fc.dictionary(fc.string({ unit: 'binary' }), member, {
      noNullPrototype: false,
      size: 'large',
    })
    fc.assert(
      fc.property(flat, (value) => {
        const text = JSON.stringify(value)
        fc.pre(!text.includes(String.raw`\u0000`) && !/\\ud[89a-f]/.test(text))
        // A key counts, also of a member that is left out.
        fc.pre(Object.keys(value).every((key) => !key.includes('\0') && key.isWellFormed()))

        expect(copyAsJson(value)).toStrictEqual({ value: JSON.parse(text) })
      }),
    )
  })

  test('heeds a toJSON that all objects have', () => {
    Reflect.defineProperty(Object.prototype, 'toJSON', {
      value: () => 'hidden',
      configurable: true,
    })
    const copy = copyAsJson({ a: 1 })
    Reflect.deleteProperty(Object.prototype, 'toJSON')

    expect(copy).toEqual({ value: 'hidden' })
  })

  test.each([
    ['in a flat object', { 'a\0b': 1 }],
    ['of a member that is left out', { 'a\0b': undefined }],
    ['of one that is left out beside others', { 'a\0b': undefined, list: [] }],
  ])('names a key that PostgreSQL cannot store, %s', (_, value) => {
    expect(copyAsJson(value, 'args')).toMatchObject({
      problem: { message: expect.stringContaining('the key contains the character U+0000') },
    })
  })

  test('names the path of what PostgreSQL cannot store', () => {
    const nul = 'contains the character U+0000, which PostgreSQL cannot store'
    const half = 'contains half of a surrogate pair, which is not valid text'

    expect(copyAsJson({ a: [{ b: 'x\0' }] }, 'meta')).toEqual({
      problem: { path: 'meta.a[0].b', message: nul },
    })
    expect(copyAsJson({ a: '\uD83D' })).toEqual({ problem: { path: 'a', message: half } })
    expect(copyAsJson({ a: { '\0': 1 } })).toEqual({
      problem: { path: String.raw`a["\u0000"]`, message: `the key ${nul}` },
    })
  })

  test('names the path of a BigInt and of a cycle', () => {
    const parent: { children: object[] } = { children: [{}] }
    parent.children.push({ parent })

    expect(copyAsJson({ a: { b: 1n } })).toMatchObject({ problem: { path: 'a.b' } })
    expect(copyAsJson(parent)).toEqual({
      problem: { path: 'children[1].parent', message: 'refers back to an object that contains it' },
    })
  })

  test('does not take one object in two places for a cycle', () => {
    const shared = { x: [1] }
    const value = { a: shared, b: [shared, { c: shared }], d: shared }

    expect(copyAsJson(value)).toEqual({ value })
  })

  test('names the right path after a deep branch was left', () => {
    const value = { a: { b: { c: {} } }, d: [{}, { e: 1n }] }

    expect(copyAsJson(value)).toMatchObject({ problem: { path: 'd[1].e' } })
  })

  test('stops at two million members, however few lines of code made them', () => {
    let laughs: unknown = 'ha'
    for (let level = 0; level < 11; level += 1) laughs = Array.from({ length: 10 }, () => laughs)
    const sparse: unknown[] = []
    sparse.length = 100_000_000
    const message = 'has more than 2000000 members; store them elsewhere and pass their place'

    expect(copyAsJson({ laughs }, 'meta')).toEqual({ problem: { path: 'meta', message } })
    expect(copyAsJson(sparse, 'args')).toEqual({ problem: { path: 'args', message } })
  })

  test('names the path of what follows a member that is deeper', () => {
    const odd = { a: { b: [{ c: 1 }, [2]] }, 'x y': [0, { d: 1n }] }

    expect(copyAsJson(odd, 'meta')).toMatchObject({ problem: { path: 'meta["x y"][1].d' } })
    expect(copyAsJson([[], [1n]])).toMatchObject({ problem: { path: '[1][0]' } })
  })

  test('stops at 1000 levels, before PostgreSQL or the stack do', () => {
    expect(copyAsJson(nested(1_000))).toHaveProperty('value')
    expect(copyAsJson(nested(1_001), 'meta')).toEqual({
      problem: { path: 'meta', message: 'is nested deeper than 1000 levels' },
    })
    expect(copyAsJson(nested(200_000))).toHaveProperty('problem')
  })

  test('refuses what has no JSON form at all', () => {
    expect(copyAsJson(undefined)).toEqual({
      problem: { path: '', message: 'is undefined, which JSON has not' },
    })
    expect(copyAsJson(() => 1)).toHaveProperty('problem')
    expect(copyAsJson(Symbol('x'))).toHaveProperty('problem')
  })

  test('does not repeat what a getter of the caller throws', () => {
    const value = {
      get secret(): string {
        throw new TypeError('hunter2')
      },
    }

    expect(copyAsJson(value)).toEqual({
      problem: { path: 'secret', message: 'cannot become JSON (TypeError)' },
    })
  })

  test.each([
    [
      'a getter',
      {
        get bad() {
          throw new Error('hunter2')
        },
      },
      'list[1].bad',
      'Error',
    ],
    [
      'a toJSON',
      {
        bad: {
          toJSON() {
            throw new RangeError('hunter2')
          },
        },
      },
      'list[1].bad',
      'RangeError',
    ],
    ['a BigInt in a box', { bad: Object(1n) }, 'list[1].bad', 'TypeError'],
    [
      'a proxy',
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('hunter2')
          },
        },
      ),
      'list[1]',
      'Error',
    ],
  ])('names the member that throws: %s', (_, value, path, name) => {
    expect(copyAsJson({ ok: { a: 1 }, list: [{ b: undefined }, value] })).toEqual({
      problem: { path, message: `cannot become JSON (${name})` },
    })
  })

  test('looks for the member that throws on a few levels only', () => {
    const value = nested(900)
    const deepest = {
      value,
      get bad(): number {
        throw new Error('hunter2')
      },
    }

    expect(copyAsJson(deepest)).toMatchObject({ problem: { path: 'bad' } })
    expect(copyAsJson(Array.from({ length: 20 }).reduce((inner) => [inner], deepest))).toEqual({
      problem: { path: '[0][0][0][0][0][0][0][0]', message: 'cannot become JSON (Error)' },
    })
  })

  test('says so of an object whose toJSON gives nothing', () => {
    expect(copyAsJson({ toJSON: () => undefined })).toEqual({
      problem: {
        path: '',
        message: 'is an object whose toJSON() gives nothing, which JSON has not',
      },
    })
  })

  test('keeps a member named __proto__ apart from the prototype', () => {
    const copy = copyAsJson(JSON.parse('{"__proto__":{"admin":true}}'))

    expect(JSON.stringify(copy)).toBe('{"value":{"__proto__":{"admin":true}}}')
    expect('value' in copy && Object(copy.value).admin).toBeUndefined()
  })

  test('writes paths as one would write them', () => {
    expect(pathTo('', 'a')).toBe('a')
    expect(pathTo('a', 'b')).toBe('a.b')
    expect(pathTo('a', 0)).toBe('a[0]')
    expect(pathTo('a', 'b c')).toBe('a["b c"]')
  })
})
