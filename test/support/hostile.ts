/** Values that callers without a compiler pass by mistake, or with intent. */

function boom(): never {
  throw new Error('boom')
}

const traps: ProxyHandler<object> = {
  get: boom,
  has: boom,
  ownKeys: boom,
  getPrototypeOf: boom,
  getOwnPropertyDescriptor: boom,
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()

  return proxy
}

function cycle(): object {
  const value: Record<string, unknown> = { name: 'cycle' }
  value['self'] = value

  return value
}

function nested(levels: number): unknown {
  let value: unknown = 'bottom'
  for (let level = 0; level < levels; level += 1) value = { a: value }

  return value
}

function sparse(length: number): unknown[] {
  const value: unknown[] = []
  value.length = length

  return value
}

class Instance {
  readonly #secret = 'hunter2'
  get secret(): string {
    return this.#secret
  }
}

/** Each under a name for the message of a failure. */
export const hostile: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  true: true,
  zero: 0,
  'minus zero': -0,
  'minus one': -1,
  'a fraction': 1.5,
  NaN: Number.NaN,
  Infinity: Infinity,
  'minus Infinity': -Infinity,
  'beyond the safe integers': 2 ** 53,
  'beyond int4': 2 ** 31,
  'beyond every column': 1e308,
  'a BigInt': 5n,
  'no text': '',
  spaces: '  ',
  'U+0000': 'a\0b',
  'half a surrogate pair': 'a\uD800b',
  'a long text': 'x'.repeat(1_000_000),
  __proto__text: '__proto__',
  'a symbol': Symbol('symbol'),
  'a function': boom,
  'a class': Instance,
  'an instance': new Instance(),
  'an invalid Date': new Date(Number.NaN),
  'the last Date': new Date(8.64e15),
  'the first Date': new Date(-8.64e15),
  'a Date that cannot be read': Object.assign(new Date(0), { getTime: boom, toJSON: boom }),
  'a Map': new Map([['a', 1]]),
  'a Set': new Set([1]),
  'a Buffer': Buffer.from('abc'),
  'an array': [],
  'a nested array': [[['a']]],
  'an array with a hole': sparse(1),
  'a sparse array': sparse(2 ** 32 - 1),
  'an array of hostile members': [Symbol('member'), 5n, boom, 'a\0b', '\uDC00', Number.NaN],
  'no members': {},
  'unknown members': { unknown: 1 },
  'no prototype': Object.create(null),
  '__proto__ from JSON': JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
  'half a surrogate pair as key': { '\uDC00': 1 },
  'U+0000 as key': { 'a\0': 1 },
  'hostile members': { a: Symbol('member'), b: 5n, c: boom },
  'a getter that throws': {
    get limit() {
      return boom()
    },
  },
  'a toJSON that throws': { toJSON: boom },
  'a toJSON of nothing': { toJSON: () => undefined },
  'no text of its own': { toString: boom, valueOf: boom, [Symbol.toPrimitive]: boom },
  'a tag that throws': {
    get [Symbol.toStringTag]() {
      return boom()
    },
  },
  'an inspection that throws': { [Symbol.for('nodejs.util.inspect.custom')]: boom },
  'a proxy that throws': new Proxy({}, traps),
  'a revoked proxy': revoked({}),
  'a revoked array': revoked([]),
  'a proxy of a function': new Proxy(boom, traps),
  'a cycle': cycle(),
  'a cycle of arrays': (() => {
    const list: unknown[] = []
    list.push(list)

    return list
  })(),
  'ten thousand levels': nested(10_000),
  'a promise': Promise.resolve(1),
  'a regular expression': /x/,
  'an error': new Error('given'),
  'a weak map': new WeakMap(),
  'a typed array': new Float64Array(2),
}
