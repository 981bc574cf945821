import { describe, expect, test } from 'vitest'
import { parseJob } from '../../src/job.ts'
import { defineWorker } from '../../src/worker.ts'
import { definitionOf } from '../../src/worker/definition.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { timeoutOf, type Timeout } from '../../src/worker/timeout.ts'
import { claimedRow } from '../support/claimed-row.ts'

const job = () => parseJob(claimedRow({ args: '{"pages": 3}' }))

/** What a worker with this timeout allows a job with three pages. */
function allowed(timeout: Timeout | ((job: { args: { pages: number } }) => Timeout)) {
  const worker = defineWorker({
    name: 'Print',
    args: typed<{ pages: number }>(),
    timeout,
    process() {},
  })

  return timeoutOf(definitionOf(worker), job)
}

describe('timeout', () => {
  test('is whole milliseconds, or no bound', () => {
    expect(allowed({ seconds: 1, milliseconds: 0.6 })).toBe(1_001)
    expect(allowed('infinity')).toBeUndefined()
  })

  test('may depend on the job', () => {
    expect(allowed(({ args }) => ({ seconds: args.pages }))).toBe(3_000)
    expect(allowed(() => 'infinity')).toBeUndefined()
  })

  test('is refused where the worker is defined', () => {
    // @ts-expect-error: a bare number
    expect(() => allowed(5)).toThrow('{ milliseconds: 5 } or { seconds: 5 }')
    expect(() => allowed({ seconds: 0 })).toThrow('timeout: must be 1 ms or more')
    // @ts-expect-error: an unknown unit
    expect(() => allowed({ second: 1 })).toThrow('did you mean "seconds"?')
  })

  test('is refused when a function answers it, with the name of the worker', () => {
    expect(() => allowed(() => ({ seconds: -1 }))).toThrow("worker 'Print': timeout.seconds")
  })
})
