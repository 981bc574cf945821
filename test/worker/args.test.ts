import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parseArgs, validateArgs } from '../../src/worker/args.ts'
import { InvalidArgsError } from '../../src/errors.ts'
import type { StandardSchema } from '../../src/worker/standard-schema.ts'

const resize = {
  name: 'Media.Resize',
  schema: z.object({ path: z.string(), width: z.number().int().default(80) }),
}

/** A schema of a library that quotes the values it refuses. */
function quoting(message: string, path: (PropertyKey | { key: PropertyKey })[]) {
  const validate = () => ({ issues: [{ message, path }] })
  const schema: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate } }

  return { name: 'W', schema }
}

/** As who enqueues sees it, whether or not the schema takes its time. */
async function validated(...given: Parameters<typeof validateArgs>) {
  return validateArgs(...given)
}

async function refusal(promise: Promise<unknown>): Promise<InvalidArgsError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof InvalidArgsError) return error
  throw new Error('was not refused', { cause: error })
}

describe('args', () => {
  test('are stored as they were passed, not as the schema made them', async () => {
    const schema = z.object({ n: z.string().transform(Number), at: z.coerce.date() })
    const stored = await validated({ name: 'W', schema }, { n: '5', at: new Date(0) })

    expect(stored).toEqual({ n: '5', at: '1970-01-01T00:00:00.000Z' })
    expect(await parseArgs({ name: 'W', schema }, stored)).toEqual({ n: 5, at: new Date(0) })
  })

  test('get the defaults of the schema when the job runs', async () => {
    expect(await validated(resize, { path: 'a' })).toEqual({ path: 'a' })
    expect(await parseArgs(resize, { path: 'a' })).toEqual({ path: 'a', width: 80 })
  })

  test('are checked by an async schema too', async () => {
    const schema = z.object({ id: z.number().refine((id) => Promise.resolve(id > 0), 'not found') })

    expect(await validated({ name: 'W', schema }, { id: 1 })).toEqual({ id: 1 })
    expect((await refusal(validated({ name: 'W', schema }, { id: 0 }))).problems).toEqual([
      { path: 'id', message: 'not found' },
    ])
  })

  test('are refused in one line with worker, paths and reasons', async () => {
    const error = await refusal(validated(resize, { path: 5, width: 'wide' }))

    expect(error.message).toBe(
      'invalid args for worker "Media.Resize": path: Invalid input: expected string, received number; ' +
        'width: Invalid input: expected number, received string',
    )
    expect(error.code).toBe('OBAN_INVALID_ARGS')
    expect(error.worker).toBe('Media.Resize')
  })

  test('never show their values, even where the schema does', async () => {
    const args = { user: { password: 'hun(ter)2', pin: 4711 }, 'odd key': 'a\nb' }
    const message = 'Expected "x" but\nreceived "hun(ter)2" or 4711 or "a\nb", not 47110'

    expect((await refusal(validated(quoting(message, []), args))).problems).toEqual([
      { path: '', message: 'Expected "x" but received "…" or … or "…", not 47110' },
    ])
    const path = ['user', { key: 'pin' }]
    expect((await refusal(validated(quoting('was 4711', path), args))).problems).toEqual([
      { path: 'user.pin', message: 'was …' },
    ])
  })

  test('list ten problems and count the rest', async () => {
    const schema = z.object({ ids: z.array(z.number()) })
    const ids = Array.from({ length: 500 }, () => 'x')
    const { problems } = await refusal(validated({ name: 'W', schema }, { ids }))

    expect(problems).toHaveLength(11)
    expect(problems[9]?.path).toBe('ids[9]')
    expect(problems[10]).toEqual({ path: '', message: 'and 490 more' })
  })

  test.each([
    [[1], 'must be an object, got an array'],
    ['text', 'must be an object, got a string'],
    [null, 'must be an object, got null'],
    [5, 'must be an object, got a number'],
    [undefined, 'is undefined, which JSON has not'],
    [() => 1, 'is function, which JSON has not'],
    [1n, 'is a BigInt, which JSON has not; convert it to a string'],
  ])('must be an object: %o', async (args, message) => {
    expect((await refusal(validated({ name: 'W' }, args))).problems).toEqual([
      { path: '', message },
    ])
  })

  test('with a cycle, a BigInt or text that PostgreSQL refuses are named by their path', async () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    const wrong = [cycle, { a: [1n] }, { b: 'x\0' }, { c: '\uDC00' }]
    const errors = await Promise.all(wrong.map((args) => refusal(validated({ name: 'W' }, args))))

    expect(errors.map((error) => error.problems[0]?.path)).toEqual(['self', 'a[0]', 'b', 'c'])
  })

  test.each([[5], [null], [[]], ['x']])(
    'stored by another program as %j do not reach process',
    (input) => {
      expect(() => parseArgs({ name: 'W' }, input)).toThrow(InvalidArgsError)
    },
  )

  test('leave the error of a schema that breaks to the caller', async () => {
    const outage = new Error('connection refused')
    const validate = () => Promise.reject(outage)
    const schema: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate } }

    await expect(validated({ name: 'W', schema }, {})).rejects.toBe(outage)
  })

  test('of any JSON object are stored unchanged without a schema', async () => {
    const text = fc.string({ unit: 'grapheme' }).filter((string) => !string.includes('\0'))
    const object = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean()))

    await fc.assert(
      fc.asyncProperty(object, async (args) => {
        expect(await validated({ name: 'W' }, args)).toEqual(JSON.parse(JSON.stringify(args)))
      }),
    )
  })
})
