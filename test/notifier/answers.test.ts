import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Answers, encodeAnswer, parseRequest } from '../../src/notifier/answers.ts'
import { portraitOf } from '../support/portrait.ts'

/** Names that gzip cannot shorten. */
function noise(bytes: number): string {
  return randomBytes(bytes).toString('base64')
}

async function payloads(queues: number) {
  const portrait = portraitOf({ queues: Array.from({ length: queues }, () => noise(60)) })

  return { portrait, parts: await encodeAnswer(portrait) }
}

function partOf(fields: object): string {
  return JSON.stringify({ answer: '0123abcd', part: 0, parts: 1, data: '', ...fields })
}

function packed(text: string): string {
  return gzipSync(text).toString('base64')
}

describe('an answer', () => {
  test('arrives as it was sent, in one part when it is small', async () => {
    const portrait = portraitOf()
    const parts = await encodeAnswer(portrait)

    expect(parts).toHaveLength(1)
    expect(new Answers().take(parts[0] ?? '')).toEqual(portrait)
  })

  test('of a tree with 200 queues travels in parts that PostgreSQL takes, in any order', async () => {
    const { portrait, parts } = await payloads(200)
    const answers = new Answers()

    expect(parts.length).toBeGreaterThan(3)
    expect(Math.max(...parts.map((text) => Buffer.byteLength(text)))).toBeLessThan(7_500)
    const taken = parts.toReversed().map((text) => answers.take(text))
    expect(taken.slice(0, -1)).toEqual(parts.slice(1).map(() => undefined))
    expect(taken.at(-1)).toEqual(portrait)
    expect(answers.ignored).toBe(0)
  })

  test('may arrive among those of others', async () => {
    const [a, b] = [await payloads(100), await payloads(120)]
    const answers = new Answers()
    const taken = [...a.parts, ...b.parts]
      .toSorted((left, right) => left.slice(20, 40).localeCompare(right.slice(20, 40)))
      .flatMap((text) => answers.take(text) ?? [])

    expect(taken).toHaveLength(2)
    expect(taken).toEqual(expect.arrayContaining([a.portrait, b.portrait]))
  })

  test('that is too large is refused before it is sent', async () => {
    await expect(payloads(8_000)).rejects.toThrow(/^the portrait has \d+ parts, above 96$/)
  })

  test('loses what it does not know, as newer nodes may say more', async () => {
    const portrait = portraitOf()
    const newer = { ...portrait, mood: 'fine', tree: { ...portrait.tree, weight: 7 } }

    expect(new Answers().take(partOf({ data: packed(JSON.stringify(newer)) }))).toEqual(portrait)
  })
})

test('an answer with an odd figure still shows its node', () => {
  const portrait = portraitOf()
  const [queue] = portrait.queues
  const [thread] = queue?.threads ?? []
  const threads = [{ ...thread, utilization: -0.1, memoryBytes: Number.NaN }]
  const odd = { ...portrait, queues: [{ ...queue, threads }] }

  expect(new Answers().take(partOf({ data: packed(JSON.stringify(odd)) }))).toEqual(portrait)
})

describe('garbage', () => {
  const deep = '{"children":['.repeat(100_000)

  test.each<[string, string]>([
    ['no JSON', 'portrait'],
    ['no object', '7'],
    ['another object', '{"queue":"default"}'],
    ['an id that is none', partOf({ answer: '../signal' })],
    ['a part behind the last', partOf({ part: 1 })],
    ['too many parts', partOf({ parts: 97 })],
    ['half a part', partOf({ part: 0.5 })],
    ['no base64', partOf({ data: '!' })],
    ['no gzip', partOf({ data: 'aGVsbG8=' })],
    ['another shape', partOf({ data: packed('{"node":"a"}') })],
    ['JSON that never ends', partOf({ data: packed(deep) })],
    ['a bomb', partOf({ data: packed(' '.repeat(40 * 1024 * 1024)).slice(0, 7_400) })],
  ])('is ignored and counted: %s', (_what, payload) => {
    const answers = new Answers()
    expect(answers.take(payload)).toBe(undefined)
    expect(answers.ignored).toBe(1)
  })

  test('does not fill the memory, nor keep a later answer from arriving', async () => {
    const answers = new Answers()
    for (let index = 0; index < 1_000; index += 1) {
      answers.take(partOf({ answer: index.toString(16).padStart(8, '0'), parts: 2 }))
    }
    const { portrait, parts } = await payloads(200)

    expect(answers.ignored).toBe(984)
    expect(parts.flatMap((text) => answers.take(text) ?? [])).toEqual([portrait])
  })
})

describe('a request', () => {
  test('names where to answer, and perhaps who', () => {
    const request = { action: 'portrait', reply: '0123abcd' }
    expect(parseRequest(request)).toEqual(request)
    expect(parseRequest({ ...request, node: 'web-1' })).toEqual({
      ...request,
      node: 'web-1',
    })
  })

  test.each([
    'null',
    '{"action":"portrait"}',
    '{"action":"scale","reply":"0123abcd"}',
    '{"action":"portrait","reply":"0123abcd","node":7}',
    '{"action":"portrait","reply":"0123ABCD"}',
    '{"action":"portrait","reply":"a; NOTIFY x"}',
  ])('is nothing else: %s', (payload) => {
    expect(parseRequest(JSON.parse(payload))).toBe(undefined)
  })
})
