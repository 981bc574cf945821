import { describe, expect, test } from 'vitest'
import {
  errorText,
  reviveError,
  serializeError,
  storable,
} from '../../src/threads/serialized-error.ts'

const textOf = (thrown: unknown): string => errorText(serializeError(thrown))

describe('the text of an error', () => {
  test('has the message first, then the frames', () => {
    expect(textOf(new TypeError('first\nsecond'))).toMatch(/^TypeError: first\nsecond\n\s+at /)
  })

  test('has the chain of causes', () => {
    expect(textOf(new Error('outer', { cause: new RangeError('inner') }))).toMatch(
      /^Error: outer\n(?:\s+at .*\n)+caused by RangeError: inner/,
    )
  })

  test('ends at a cause that is its own cause', () => {
    const error = new Error('round')
    error.cause = error

    expect(textOf(error).match(/caused by/g)).toHaveLength(5)
  })

  test.each([
    ['a string', 'boom', 'NonError: threw string: boom'],
    ['nothing', undefined, 'NonError: threw undefined: undefined'],
    ['a symbol', Symbol('s'), 'NonError: threw symbol: Symbol(s)'],
    ['an object', { status: 402, why: 'no' }, "NonError: threw object: { status: 402, why: 'no' }"],
    ['an object without toString', Object.create(null), 'NonError: threw object: [object]'],
    [
      'an object whose toString throws',
      {
        toString() {
          throw new Error('hostile')
        },
      },
      'NonError: threw object: [object]',
    ],
    [
      'an object whose tag throws',
      {
        get [Symbol.toStringTag](): string {
          throw new Error('hostile')
        },
      },
      'NonError: threw object: [object]',
    ],
  ])('tells what was thrown: %s', (_, thrown, text) => {
    expect(textOf(thrown)).toBe(text)
  })

  test('tells the errors that one stands for, and those of one below it', () => {
    const inner = new AggregateError([new TypeError('b'), 'c'])
    const outer = new AggregateError([new RangeError('a'), inner], 'all failed')

    expect(textOf(outer).match(/^.*Error: .*$/gm)).toEqual([
      'AggregateError: all failed',
      'caused by RangeError: a',
      'caused by AggregateError: ',
      'caused by TypeError: b',
      'caused by NonError: threw string: c',
    ])
  })

  test('tells the first errors of many, and ends where they contain themselves', () => {
    const round = new AggregateError([], 'round')
    round.errors.push(...Array.from({ length: 9 }, () => round))

    expect(JSON.stringify(serializeError(round)).match(/"name"/g)).toHaveLength(1 + 5 + 25)
  })

  test('can be had of an error whose message throws', () => {
    class Hostile extends Error {
      override get message(): string {
        throw new Error('hostile')
      }
    }

    expect(textOf(new Hostile())).toBe('NonError: threw an unreadable object')
  })

  test('can be had of a proxy that has been revoked, also as a cause', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()

    expect(textOf(new Error('outer', { cause: proxy }))).toMatch(
      /caused by NonError: threw an unreadable object$/,
    )
  })

  test('is bounded', () => {
    expect(textOf(new Error('x'.repeat(1_000_000)))).toHaveLength(20_000)
  })

  test('is bounded before it is split into lines', () => {
    const error = Object.assign(new Error('x\n'.repeat(1e6)), { stack: 'at x\n'.repeat(1e6) })
    const { message, stack } = serializeError(error)

    expect(message.length + stack.length).toBeLessThanOrEqual(100_000)
  })

  test('has nothing that PostgreSQL cannot store', () => {
    expect(storable('nul \0 half \uD800 end')).toBe('nul \uFFFD half \uFFFD end')
  })

  test('is cut between characters', () => {
    expect(storable(`x${'\u{1F600}'.repeat(20_000)}`).isWellFormed()).toBe(true)
  })
})

describe('an error on the other side', () => {
  test('has its name, code, stack and cause', () => {
    const sent = Object.assign(new RangeError('far', { cause: new TypeError('why') }), {
      code: 'OBAN_FAR',
    })
    const error = reviveError(structuredClone(serializeError(sent)))

    expect(error).toMatchObject({ name: 'RangeError', message: 'far', code: 'OBAN_FAR' })
    expect(error.stack).toBe(sent.stack)
    expect(error.cause).toMatchObject({ name: 'TypeError', message: 'why' })
  })

  test('has the errors that it stands for', () => {
    const sent = new AggregateError([new RangeError('a')], 'all')
    const error = reviveError(structuredClone(serializeError(sent)))

    expect(error).toMatchObject({ name: 'AggregateError', errors: [{ name: 'RangeError' }] })
  })
})
