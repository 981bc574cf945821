import { Temporal } from '@js-temporal/polyfill'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidJobError } from '../../src/errors.ts'
import { buildNewJob, type JobOptions } from '../../src/job/new-job.ts'

const definition = { name: 'W', queue: 'media', maxAttempts: 5, priority: 1, tags: ['media'] }

function build(options: JobOptions, worker = 'W') {
  return buildNewJob({ worker, args: {}, options }, { n: 1 })
}

function problems(options: JobOptions, worker = 'W') {
  try {
    build(options, worker)
  } catch (error) {
    if (error instanceof InvalidJobError) return error.problems
    throw error
  }

  return []
}

describe('new job', () => {
  test('has the defaults of Oban', () => {
    expect(build({})).toEqual({
      worker: 'W',
      queue: 'default',
      args: { n: 1 },
      meta: {},
      tags: [],
      priority: 0,
      maxAttempts: 20,
      scheduledAt: null,
      scheduleInSeconds: null,
      state: 'available',
    })
  })

  test('takes the options of the call, then those of the worker', () => {
    const request = { worker: 'W', args: {}, definition }
    const own = buildNewJob({ ...request, options: {} }, {})
    const called = buildNewJob({ ...request, options: { priority: 0, tags: [] } }, {})
    const unset = buildNewJob({ ...request, options: { queue: undefined } }, {})

    expect(own).toMatchObject({ queue: 'media', maxAttempts: 5, priority: 1, tags: ['media'] })
    expect(called).toMatchObject({ queue: 'media', maxAttempts: 5, priority: 0, tags: [] })
    expect(unset.queue).toBe('media')
  })

  test('is scheduled whenever a time is given, even now or in the past', () => {
    expect(build({ scheduleIn: 0 })).toMatchObject({ scheduleInSeconds: 0, state: 'scheduled' })
    expect(build({ scheduleIn: { minutes: 5 } })).toMatchObject({ scheduleInSeconds: 300 })
    expect(build({ scheduledAt: new Date(0) })).toMatchObject({
      scheduledAt: '1970-01-01T00:00:00.000000Z',
      scheduleInSeconds: null,
      state: 'scheduled',
    })
  })

  test('has its tags trimmed, in lower case and once each, in the order given', () => {
    expect(build({ tags: [' Video', 'audio', 'VIDEO ', '', '  ', 'Ärger'] }).tags).toEqual([
      'video',
      'audio',
      'ärger',
    ])
  })

  test('normalises tags to what it leaves alone', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' })), (tags) => {
        const once = build({ tags }).tags

        expect(build({ tags: once }).tags).toEqual(once)
        expect(new Set(once).size).toBe(once.length)
      }),
    )
  })

  test('counts characters as PostgreSQL does', () => {
    expect(problems({ queue: '👍'.repeat(127) })).toEqual([])
    expect(problems({ queue: 'q'.repeat(128) })).toEqual([
      { path: 'queue', message: 'must have at most 127 characters, has 128' },
    ])
    expect(problems({}, 'w'.repeat(128))).toMatchObject([{ path: 'worker' }])
    expect(problems({ queue: ' ' })).toEqual([{ path: 'queue', message: 'must not be empty' }])
  })

  test.each([
    [{ priority: -1 }, 'priority', 'must be an integer from 0 to 9, got -1'],
    [{ priority: 10 }, 'priority', 'must be an integer from 0 to 9, got 10'],
    [{ priority: 1.5 }, 'priority', 'must be an integer from 0 to 9, got 1.5'],
    [{ maxAttempts: 0 }, 'maxAttempts', 'must be an integer from 1 to 32767, got 0'],
    [{ maxAttempts: 32_768 }, 'maxAttempts', 'must be an integer from 1 to 32767, got 32768'],
    [{ scheduleIn: -1 }, 'scheduleIn', 'must not be negative, got -1'],
    [{ scheduledAt: new Date('x') }, 'scheduledAt', 'is an invalid Date'],
    [
      { scheduledAt: '2030-01-31T09:00:00' },
      'scheduledAt',
      'needs a zone, as in 2030-01-31T09:00:00Z or 2030-01-31T09:00:00+01:00',
    ],
    [
      { scheduleIn: 1, scheduledAt: new Date(0) },
      'scheduleIn',
      'excludes scheduledAt; give only one of them',
    ],
  ])('refuses %o', (options, path, message) => {
    expect(problems(options)).toEqual([{ path, message }])
  })

  test('takes the extremes of each range', () => {
    expect(problems({ priority: 0, maxAttempts: 1 })).toEqual([])
    expect(problems({ priority: 9, maxAttempts: 32_767 })).toEqual([])
  })

  test('names the path of text that PostgreSQL cannot store', () => {
    const found = problems({ queue: 'q\0', tags: ['ok', 'x\0'], meta: { a: ['\0'] } }, 'w\0')

    expect(found.map((problem) => problem.path)).toEqual([
      'worker',
      'queue',
      'tags[1]',
      'meta.a[0]',
    ])
  })

  test('refuses values of another type, from callers without a compiler', () => {
    // @ts-expect-error: no number, of seconds or milliseconds
    expect(problems({ scheduledAt: 5 })).toMatchObject([{ path: 'scheduledAt' }])
    // @ts-expect-error: it has no zone
    expect(problems({ scheduledAt: Temporal.Now.plainDateISO() })).toMatchObject([
      { path: 'scheduledAt' },
    ])
    // @ts-expect-error: an array
    expect(problems({ tags: 'media' })).toMatchObject([{ path: 'tags' }])
    // @ts-expect-error: an object
    expect(problems({ meta: 'x' })).toMatchObject([{ path: 'meta' }])
    // @ts-expect-error: an object, not a list
    expect(problems({ meta: [] })).toMatchObject([{ path: 'meta' }])
  })

  test('takes holes in lists for what they are, and reads no more of a list than it must', () => {
    const sparse: string[] = []
    sparse.length = 2 ** 32 - 1
    const found = problems({ tags: sparse })

    expect(found).toHaveLength(10)
    expect(found[0]).toEqual({ path: 'tags[0]', message: 'must be a string, got undefined' })
    expect(problems({ unique: { fields: ['args'], keys: sparse } })).toHaveLength(10)
  })

  test('refuses what cannot be read, and keeps why', () => {
    const boom = new Error('boom')
    const options = {
      get queue(): string {
        throw boom
      },
    }
    const refusal = expect.objectContaining({
      code: 'OBAN_INVALID_JOB',
      message: 'invalid job for worker "W": options: cannot be read: a getter or a proxy throws',
      cause: boom,
    })

    expect(() => build(options)).toThrow(refusal)
  })

  test('refuses an unknown option and says which was probably meant', () => {
    // @ts-expect-error: no such option
    expect(problems({ sheduleIn: 5 })).toEqual([
      { path: 'sheduleIn', message: 'is not an option', suggestion: 'scheduleIn' },
    ])
  })

  test.each([
    ['schedule_in', 'scheduleIn'],
    ['scheduled_at', 'scheduledAt'],
    ['max_attempts', 'maxAttempts'],
    ['attempts', 'maxAttempts'],
    ['state', undefined],
  ])("names ours for Oban's option %s", (path, suggestion) => {
    const [problem] = problems({ [path]: 1 })

    expect(problem).toMatchObject({ path, message: 'is not an option' })
    expect(problem?.suggestion).toBe(suggestion)
  })

  test('lists all that is wrong in one error', () => {
    const options = { queue: '', priority: 10, maxAttempts: 0, scheduleIn: Number.NaN }

    expect(() => build(options)).toThrow(
      'invalid job for worker "W": queue: must not be empty; ' +
        'maxAttempts: must be an integer from 1 to 32767, got 0; ' +
        'priority: must be an integer from 0 to 9, got 10; ' +
        'scheduleIn: must be a number, got NaN',
    )
  })
})
