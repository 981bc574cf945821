import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ExecutingJob } from '../src/worker/execution.ts'
import { RecordError } from '../src/job-errors.ts'
import { parseJob } from '../src/job.ts'
import { encodeRecorded } from '../src/term.ts'
import { jobRow } from './support/job-row.ts'
import { runMeans } from './support/run-means.ts'

const recordedMeta = (value: unknown) =>
  JSON.stringify({ recorded: true, return: encodeRecorded(value) })

describe('job', () => {
  test('has the columns in camel case', () => {
    const row = jobRow({
      state: 'retryable',
      tags: '{media,"two words"}',
      errors: '[{"attempt": 1, "at": "2030-01-31T09:00:01.000000Z", "error": "boom\\nat x"}]',
      attempt: '1',
      priority: '3',
      attempted_by: '{web.1,6f1d1c3e-0000-4000-8000-000000000000}',
      attempted_at: '2030-01-31 09:00:00.123456',
      scheduled_at: '2030-01-31 09:00:17.5',
    })

    expect(parseJob(row)).toEqual({
      id: 42,
      state: 'retryable',
      queue: 'default',
      worker: 'Greet',
      args: { name: 'Ada' },
      meta: {},
      tags: ['media', 'two words'],
      errors: [{ attempt: 1, at: '2030-01-31T09:00:01.000000Z', error: 'boom\nat x' }],
      attempt: 1,
      maxAttempts: 20,
      priority: 3,
      attemptedBy: ['web.1', '6f1d1c3e-0000-4000-8000-000000000000'],
      insertedAt: new Date('2030-01-31T09:00:00Z'),
      scheduledAt: new Date('2030-01-31T09:00:17.500Z'),
      attemptedAt: new Date('2030-01-31T09:00:00.123Z'),
      completedAt: null,
      cancelledAt: null,
      discardedAt: null,
      conflict: false,
    })
  })

  test('never has null for meta, errors and tags', () => {
    const row = jobRow({ meta: null, errors: null, tags: null, attempted_by: null })

    expect(parseJob(row)).toMatchObject({ meta: {}, errors: [], tags: [], attemptedBy: [] })
  })

  test.each(['"x"', '3', 'null', '[]', 'true', 'not json'])(
    'reads %s in the jsonb columns without throwing',
    (garbage) => {
      const job = parseJob(jobRow({ meta: garbage, errors: garbage, tags: garbage }))

      expect(job).toMatchObject({ meta: {}, errors: [], tags: [], recorded: undefined })
    },
  )

  test('keeps args that are not an object, so that the run can refuse them', () => {
    const args = ['5', '[]', 'null', '"x"', 'cut {'].map((text) => parseJob(jobRow({ args: text })))

    expect(args.map((job): unknown => job.args)).toEqual([5, [], null, 'x', 'cut {'])
  })

  test('shows an error entry of another shape as its JSON', () => {
    const errors = '[{"error": "x"}, "text", null, {"attempt": "1"}]'

    expect(parseJob(jobRow({ errors })).errors).toEqual([
      { attempt: 0, at: '', error: 'x' },
      { attempt: 0, at: '', error: '"text"' },
      { attempt: 0, at: '', error: 'null' },
      { attempt: 0, at: '', error: '{"attempt":"1"}' },
    ])
  })

  test('reads whatever jsonb can hold without throwing', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const job = parseJob(jobRow({ args: json, meta: json, errors: json }))

        expect([typeof job.meta, Array.isArray(job.errors)]).toEqual(['object', true])
      }),
    )
  })

  test('has what the worker recorded, outside of what is enumerated', () => {
    const job = parseJob(jobRow({ meta: recordedMeta({ bytes: 5n ** 30n }) }))

    expect(job.recorded).toEqual({ bytes: 5n ** 30n })
    expect(job.recorded).toBe(job.recorded)
    expect(Object.keys(job)).not.toContain('recorded')
  })

  test('has nothing recorded unless meta says so', () => {
    const { return: text } = JSON.parse(recordedMeta(1))

    expect(parseJob(jobRow({ meta: JSON.stringify({ return: text }) })).recorded).toBeUndefined()
    expect(parseJob(jobRow({ meta: '{"recorded": true, "return": 5}' })).recorded).toBeUndefined()
  })

  test('reports a recorded value that cannot be read only when it is read', () => {
    const job = parseJob(jobRow({ meta: '{"recorded": true, "return": "Z2FyYmFnZQ"}' }))

    expect(job.meta).toEqual({ recorded: true, return: 'Z2FyYmFnZQ' })
    expect(() => job.recorded).toThrow(RecordError)
  })

  test('running has parsed args and knows whether it was cancelled', () => {
    const row = jobRow({ meta: recordedMeta(7) })
    let wasCancelled = false
    const job = new ExecutingJob(
      row,
      { name: 5 },
      { ...runMeans, wasCancelled: () => wasCancelled },
    )

    expect(job).toEqual({ ...parseJob(row), args: { name: 5 } })
    expect([job.recorded, job.cancelled]).toEqual([7, false])

    wasCancelled = true
    expect(job.cancelled).toBe(true)
  })
})
