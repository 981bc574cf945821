import { describe, expect, test } from 'vitest'
import { parseSelection, type JobFilter } from '../../src/job/filter.ts'
import { cursorAfter, parseListing } from '../../src/job/listing.ts'
import { defineWorker } from '../../src/worker.ts'

const Resize = defineWorker({ name: 'Media.Resize', process: () => {} })

/** As callers without types may write it. */
function refusal(parse: () => unknown): unknown {
  try {
    return parse()
  } catch (error) {
    return Object(error).message
  }
}

const select = (selection: unknown) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JavaScript may pass
  refusal(() => parseSelection(selection as JobFilter))

const list = (options: Readonly<Record<string, unknown>>) => refusal(() => parseListing(options))

describe('a selection of jobs', () => {
  test('takes one value or many, workers or their names, and sorts ids', () => {
    expect(
      select({
        ids: [3, 1, 3],
        state: 'available',
        queue: ['a', 'b'],
        worker: [Resize, 'Other'],
        priority: 0,
        tags: [' Red ', 'blue'],
        args: { id: 1 },
        meta: { tenant: 7 },
      }),
    ).toEqual({
      ids: [1, 3],
      states: ['available'],
      queues: ['a', 'b'],
      workers: ['Media.Resize', 'Other'],
      priorities: [0],
      tags: ['red', 'blue'],
      args: { id: 1 },
      meta: { tenant: 7 },
    })
  })

  test('is every job only when it says so', () => {
    expect(select({ all: true })).toEqual({})
    expect(select({})).toBe('invalid filter: is empty; if every job is meant, pass { all: true }')
    expect(select({ all: true, queue: 'a' })).toBe(
      'invalid filter: all: excludes queue; give a filter, or `all`',
    )
    expect(select({ all: false })).toBe('invalid filter: all: must be true, got false')
    expect(select(Object.create({ all: true }))).toMatch(/is empty/)
  })

  test('is none for an empty list of ids', () => {
    expect(select([])).toBe(undefined)
    expect(select([2, 1])).toEqual({ ids: [1, 2] })
  })

  test.each([
    [{ queue: undefined }, 'queue: is undefined; leave it out'],
    [{ state: [] }, 'state: is an empty list, which no job fits; leave it out'],
    [{ args: {} }, 'args: is empty, so that every job fits; leave it out'],
    [{ args: { a: 1, b: undefined } }, 'args.b: is undefined; leave it out'],
    [{ meta: { a: [{ b: undefined }] } }, 'meta.a[0].b: is undefined; leave it out'],
    [
      { queue: ['a', 'b\0'] },
      'queue[1]: contains the character U+0000, which PostgreSQL cannot store',
    ],
    [{ args: 'x' }, "args: must be an object that the job's contain, got 'x'"],
    [
      { meta: { at: '\0' } },
      'meta.at: contains the character U+0000, which PostgreSQL cannot store',
    ],
    [{ sate: 'available' }, 'sate: is not an option (did you mean "state"?)'],
    [{ ids: ['1'] }, "ids[0]: must be an id, a whole number from 1; got '1'"],
    [{ priority: 10 }, 'priority: must be an integer from 0 to 9, got 10'],
    [{ tags: '' }, "tags: must be a string that is not empty, got ''"],
    [null, 'must be a list of ids or a filter, got null'],
  ])('refuses %j', (selection, message) => {
    expect(select(selection)).toBe(`invalid filter: ${message}`)
  })

  test('names the state that was probably meant', () => {
    expect(select({ state: ['canceled'] })).toMatch(
      /^invalid filter: state\[0\]: must be a state \(.*\); got 'canceled' \(did you mean "cancelled"\?\)$/,
    )
  })
})

describe('a page of jobs', () => {
  test('is bounded', () => {
    expect(list({})).toEqual({ filter: {}, limit: 50, order: 'newest', after: undefined })
    expect(list({ limit: 1_001 })).toBe(
      'invalid filter: limit: must be an integer from 1 to 1000, got 1001',
    )
    expect(list({ order: 'desc' })).toBe(
      "invalid filter: order: must be 'newest' or 'oldest', got 'desc'",
    )
    expect(refusal(() => parseListing(JSON.parse('5')))).toBe(
      'invalid filter: must be a filter, got 5',
    )
    expect(list({ limt: 1 })).toBe('invalid filter: limt: is not an option (did you mean "limit"?)')
  })

  test('begins where another of the same search has ended, and nowhere else', () => {
    const listing = parseListing({ queue: 'a' })
    const after = cursorAfter(listing, 4_711)
    const refused =
      'invalid filter: after: is not a cursor of this search; pass `next` of a page with the same filter'

    expect(list({ queue: 'a', after })).toMatchObject({ after: 4_711 })
    expect(list({ queue: 'b', after })).toBe(refused)
    expect(list({ queue: 'a', order: 'oldest', after })).toBe(refused)
    expect(list({ queue: 'a', after: `1${after}` })).toBe(refused)
    expect(list({ queue: 'a', after: '1; DROP TABLE oban_jobs' })).toBe(refused)
    expect(list({ queue: 'a', after: 4_711 })).toBe(refused)
  })
})
