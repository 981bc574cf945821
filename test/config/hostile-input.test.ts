import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { pathsOf, problemsOf } from '../support/config-problems.ts'

const url = 'postgres://localhost/app'

describe('config from hostile input', () => {
  const throwing = {
    get limit(): number {
      throw new Error('boom')
    },
  }
  const cyclic: Record<string, unknown> = { limit: 1 }
  cyclic['self'] = cyclic
  const proxy = new Proxy({ limit: 1 }, { get: () => expect.fail('was read') })

  test.each([
    ['null', null, ''],
    ['a class instance', new Date(), ''],
    ['an unreadable proxy', new Proxy({}, { ownKeys: () => expect.fail('was read') }), ''],
    ['a getter that throws', { stager: throwing }, 'stager.limit'],
    ['a cycle', { database: url, queues: { media: cyclic } }, 'queues.media.self'],
    ['__proto__ from JSON', JSON.parse('{"queues":{"__proto__":1}}'), 'queues.__proto__'],
    ['__proto__ at the root', JSON.parse('{"__proto__":{"name":"x"}}'), '__proto__'],
    ['a sparse array', { workers: Array.from({ length: 20_000 }) }, 'workers'],
    ['a hostile logger', { logger: new Proxy({}, { get: () => expect.fail('read') }) }, 'logger'],
    [
      'a hostile worker',
      { workers: [new Proxy({}, { has: () => expect.fail('') })] },
      'workers[0]',
    ],
    ['a hostile proxy inside', { stager: proxy }, 'stager.limit'],
    ['a symbol', { name: Symbol('x') }, 'name'],
    ['a bigint', { maxArgsBytes: 5n }, 'maxArgsBytes'],
    ['half a surrogate pair in a name', { name: 'a\uD800' }, 'name'],
    ['half a surrogate pair in a node', { node: '\uDC00' }, 'node'],
    ['half a surrogate pair in a schema', { prefix: '\uDC00' }, 'prefix'],
    [
      'half a surrogate pair in a queue',
      { database: url, queues: { 'a\uD800': 1 } },
      String.raw`queues["a\ud800"]`,
    ],
  ])('names %s', (_, options, path) => {
    expect(pathsOf(options)).toEqual([path])
  })

  test('runs queues named like members of Object.prototype', () => {
    const queues = { constructor: 1, toString: { limit: 2 }, hasOwnProperty: 3 }

    expect(parseConfig({ database: url, queues }).queues.map(({ name }) => name)).toEqual([
      'constructor',
      'toString',
      'hasOwnProperty',
    ])
  })

  const keys = Object.keys({
    ...parseConfig(),
    shutdownGracePeriod: 0,
    limit: 0,
    interval: 0,
    seconds: 0,
    pool: 0,
    embedded: 0,
    env: 0,
    preload: 0,
    __proto__: null,
  })
  const key = fc.oneof(fc.constantFrom(...keys, '__proto__', 'constructor'), fc.string())
  const { options: shaped } = fc.letrec((tie) => ({
    leaf: fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.anything({ maxDepth: 1, maxKeys: 3 })),
    options: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('options')), {
      maxKeys: 5,
    }),
  }))

  test.each([
    ['JSON', fc.jsonValue()],
    ['objects with our keys', shaped],
    ['anything', fc.anything({ withNullPrototype: true, withMap: true, withSparseArray: true })],
  ])('either parses or refuses %s, with a path', (_, input) => {
    fc.assert(
      fc.property(input, (options) => {
        for (const { path, message } of problemsOf(options)) {
          expect(typeof path).toBe('string')
          expect(message).toMatch(/^(expected|is not|cannot|there is no|has|the options) /)
        }
        expect(Object.keys(Object.prototype)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})
