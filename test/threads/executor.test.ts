import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { cancel, record, snooze } from '../../src/worker/results.ts'
import { encodeRecorded } from '../../src/term.ts'
import { claimedRow } from '../support/claimed-row.ts'
import { startExecutor, type Body } from '../support/executor.ts'

function throwing(thrown: unknown): Body {
  return () => {
    throw thrown
  }
}

/** A schema that answers at once. */
const sync = z.object({})

/** Turns of the loop, in which a body that may start would have started. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

const failed = (error: unknown) => ({
  kind: 'failed',
  error: expect.stringMatching(error instanceof RegExp ? error : new RegExp(`^${String(error)}`)),
  backoffSeconds: expect.any(Number),
})

describe('executor', () => {
  test('completes a body that returns nothing', async () => {
    expect(await startExecutor(() => undefined).run()).toEqual({ kind: 'completed' })
  })

  test('completes with what a body recorded', async () => {
    expect(await startExecutor(() => record({ bytes: 1 })).run()).toEqual({
      kind: 'completed',
      recorded: encodeRecorded({ bytes: 1 }),
    })
  })

  test('fails a job whose record cannot be stored', async () => {
    expect(await startExecutor(() => record(Symbol('x'))).run()).toEqual(failed('RecordError'))
  })

  test.each([
    ['returned', (value: ReturnType<typeof cancel>) => () => value],
    ['thrown', throwing],
  ])('cancels when a cancel is %s', async (_, body) => {
    expect(await startExecutor(body(cancel('no\0 use'))).run()).toEqual({
      kind: 'cancelled',
      error: 'job cancelled itself: no\uFFFD use',
    })
  })

  test.each([
    ['a snooze that no timestamp holds', () => ({ seconds: 1e300 }), 'snooze', 'ConfigError'],
    ['a snooze without a number', () => ({ seconds: Number.NaN }), 'snooze', 'ConfigError'],
    ['a cancel without a text', () => ({ reason: Symbol('x') }), 'cancel', 'TypeError'],
  ])('fails a job that makes itself %s', async (...row) => {
    const [, make, kind, error] = row
    const answer: unknown = { [Symbol.for('oban-ts.result')]: kind, ...make() }

    expect(await startExecutor(() => answer as never).run()).toEqual(failed(error))
    expect(await startExecutor(throwing(answer)).run()).toEqual(failed('NonError'))
  })

  test('cancels without a reason', async () => {
    expect(await startExecutor(() => cancel()).run()).toEqual({
      kind: 'cancelled',
      error: 'job cancelled itself',
    })
  })

  test.each([
    ['returned', (value: ReturnType<typeof snooze>) => () => value],
    ['thrown', throwing],
  ])('snoozes when a snooze is %s', async (_, body) => {
    expect(await startExecutor(body(snooze({ minutes: 1 }))).run()).toEqual({
      kind: 'snoozed',
      seconds: 60,
    })
  })

  test('fails with the text of what was thrown', async () => {
    expect(await startExecutor(throwing(new TypeError('boom'))).run()).toEqual(
      failed(/^TypeError: boom\n\s+at /),
    )
  })

  test('fails for a proxy that has been revoked', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()

    expect(await startExecutor(throwing(proxy)).run()).toEqual(
      failed('NonError: threw an unreadable object'),
    )
  })

  test('does not start a body whose arguments do not match', async () => {
    let started = 0
    const { run } = startExecutor(() => {
      started += 1
    })

    expect(await run({ args: '[]' })).toEqual(failed('InvalidArgsError'))
    expect(started).toBe(0)
  })

  test("takes the worker's backoff", async () => {
    const { run } = startExecutor(throwing(new Error('boom')), { backoff: () => 7 })

    expect(await run()).toMatchObject({ kind: 'failed', backoffSeconds: 7 })
  })

  test.each([
    ['throws', throwing(new Error('worse')), 'it threw Error: worse'],
    ['is negative', () => -1, 'backoff: must not be negative, got -1'],
    ['is not a number', () => Number.NaN, 'backoff: must be a number, got NaN'],
    ['is a promise', async () => 5, 'backoff: must name a unit, as in { seconds: 30 }; got'],
  ])('takes the standard backoff when that of the worker %s, and says so', async (...row) => {
    const [, backoff, problem] = row
    const { logged, run } = startExecutor(throwing(new Error('boom')), {
      backoff: backoff as never,
    })
    const outcome = await run()

    expect(outcome.kind === 'failed' && outcome.backoffSeconds).toBeGreaterThan(10)
    expect(logged).toMatchObject([
      { level: 'warn', message: expect.stringContaining(problem), fields: { worker: 'Greet' } },
    ])
  })

  test('releases a job of an unknown worker', async () => {
    const { run } = startExecutor(undefined, { unknownWorkers: 'release' })

    expect(await run()).toEqual({ kind: 'unknown' })
  })

  test('fails a job of an unknown worker when it is to', async () => {
    expect(await startExecutor(undefined).run()).toEqual(failed('UnknownWorkerError'))
  })

  test('tells whose log line it is, and makes it text', async () => {
    const { logged, run } = startExecutor((_, { log }) => {
      log.warn('hot', { degrees: 40, id: 7 })
      // @ts-expect-error a body in JavaScript may log anything
      log.warn({ msg: 'as in pino' })
    })
    await run()

    const fields = { degrees: 40, id: 42, queue: 'default', worker: 'Greet' }
    expect(logged).toEqual([
      { token: 1, level: 'warn', via: 'log', message: 'hot', fields },
      expect.objectContaining({ message: "{ msg: 'as in pino' }" }),
    ])
  })

  test('gives bodies their own worker to enqueue', async () => {
    const { instance, run } = startExecutor(async (_, { self }) => {
      await self.enqueue({})
    })
    await run()

    expect(instance.calls.map(({ request }) => request.worker)).toEqual(['Greet'])
  })

  test('reports runs that end in one turn together, each once', async () => {
    const { executor, settled } = startExecutor(() => undefined)
    for (const token of [1, 2, 3]) executor.run([{ token, job: claimedRow() }])
    await turns()

    expect(settled.map(({ token }) => token)).toEqual([1, 2, 3])
  })

  test('measures what takes less than a millisecond', async () => {
    const { executor, settled } = startExecutor(() => {
      const end = performance.now() + 0.3
      while (performance.now() < end);
    })
    for (const token of [1, 2, 3, 4, 5]) executor.run([{ token, job: claimedRow() }])
    await turns()

    for (const { durationMs } of settled) expect(durationMs).toBeGreaterThanOrEqual(0.29)
    expect(settled.some(({ durationMs }) => durationMs % 1 !== 0)).toBe(true)
  })

  test('starts the clock of a job with its own body, not with those that it waits for', async () => {
    const bodyMs = 30
    const { executor, started } = startExecutor(
      () => {
        const end = performance.now() + bodyMs
        while (performance.now() < end);
      },
      { timeout: { seconds: 2 }, args: sync },
    )
    executor.run([1, 2, 3].map((token) => ({ token, job: claimedRow() })))
    await turns()

    const [first, second, third] = started.map(({ startedAtMs }) => startedAtMs)
    expect(started).toHaveLength(3)
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(bodyMs - 1)
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(bodyMs - 1)
  })

  test('ends at once what is aborted while it waits for the bodies before it', async () => {
    const began: number[] = []
    const { executor, settled } = startExecutor(({ id }) => {
      began.push(id)
      const end = performance.now() + 2
      while (performance.now() < end);
    })
    executor.run([1, 2].map((token) => ({ token, job: claimedRow({ id: String(token) }) })))
    await Promise.resolve()
    executor.abort(2, 'OBAN_CANCELLED')
    await turns()

    expect(began).toEqual([1])
    expect(settled.toSorted((a, b) => a.token - b.token)).toMatchObject([
      { token: 1, outcome: { kind: 'completed' } },
      { token: 2, outcome: { kind: 'interrupted' } },
    ])
  })

  test('ignores an abort of a run that it does not have', async () => {
    const { executor, run } = startExecutor(() => undefined)
    executor.abort(99, 'OBAN_CANCELLED')

    expect(await run()).toEqual({ kind: 'completed' })
  })
})

describe('the lease', () => {
  test('holds a job back until it is renewed', async () => {
    const { executor, outcome, settled, trust, run } = startExecutor(() => undefined, {
      leaseAgeMs: 10_000,
    })
    void run()
    await turns()
    expect(settled).toEqual([])

    trust()
    executor.renewed()
    expect(await outcome()).toEqual({ kind: 'completed' })
  })

  test('holds back what was let in before another body blocked the thread for too long', async () => {
    const started: number[] = []
    const { executor, trust } = startExecutor((job) => {
      started.push(job.id)
      // As if the body had kept the thread busy meanwhile.
      trust(10_000)
    })
    for (const token of [1, 2]) executor.run([{ token, job: claimedRow({ id: `${token}` }) }])
    await turns()
    expect(started).toEqual([1])

    trust()
    executor.renewed()
    await turns()
    expect(started).toEqual([1, 2])
  })

  test('lets a job start until the last millisecond', async () => {
    expect(await startExecutor(() => undefined, { leaseAgeMs: 9_000 }).run()).toEqual({
      kind: 'completed',
    })
  })

  test('keeps holding when it was renewed for others only', async () => {
    const { executor, run, settled } = startExecutor(() => undefined, { leaseAgeMs: 10_000 })
    void run()
    executor.renewed()
    await turns()

    expect(settled).toEqual([])
  })

  test('never starts a held job that was aborted', async () => {
    let started = 0
    const { executor, run, trust } = startExecutor(
      () => {
        started += 1
      },
      { leaseAgeMs: 10_000 },
    )
    const outcome = run()
    executor.abort(1, 'OBAN_CANCELLED')
    trust()
    executor.renewed()
    await turns()

    expect(await outcome).toEqual({ kind: 'interrupted', suspect: false })
    expect(started).toBe(0)
  })
})

describe('an abort', () => {
  test('reaches the signal with a reason that has a code', async () => {
    const { executor, run } = startExecutor(
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    )
    const outcome = run()
    await turns()
    executor.abort(1, 'OBAN_CANCELLED')

    expect(await outcome).toEqual(failed('JobAbortedError: job was cancelled'))
  })

  test('is seen by a body that looks at its signal later', async () => {
    const seen: unknown[] = []
    const { executor, run } = startExecutor(async (job, tools) => {
      await turns()
      seen.push(tools.signal.aborted, tools.signal.reason, job.cancelled)
    })
    const outcome = run()
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    executor.abort(1, 'OBAN_CANCELLED')
    await outcome

    expect(seen).toEqual([true, expect.objectContaining({ code: 'OBAN_CANCELLED' }), true])
  })

  test('keeps a body from starting while its arguments are parsed', async () => {
    let started = 0
    const { executor, run } = startExecutor(() => {
      started += 1
    })
    const outcome = run()
    executor.abort(1, 'OBAN_CANCELLED')

    expect(await outcome).toEqual({ kind: 'interrupted', suspect: false })
    expect(started).toBe(0)
  })

  test('leaves a body that ends well after it completed', async () => {
    const { executor, run } = startExecutor(turns)
    const outcome = run()
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    executor.abort(1, 'OBAN_SHUTDOWN')

    expect(await outcome).toEqual({ kind: 'completed' })
  })

  test('by the shutdown makes a throw an interruption', async () => {
    const { executor, run } = startExecutor(async () => {
      await turns()
      throw new Error('I was interrupted')
    })
    const outcome = run()
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    executor.abort(1, 'OBAN_SHUTDOWN')

    expect(await outcome).toEqual({ kind: 'interrupted', suspect: false })
  })
})

describe('a crash', () => {
  test('fails the run once, whatever its body does later', async () => {
    const { executor, run, settled } = startExecutor(async () => {
      await turns()
    })
    const outcome = run()
    executor.crash(1, 'uncaught exception', new Error('timer'))

    expect(await outcome).toEqual(
      failed(
        /^JobCrashError: job crashed its thread: uncaught exception[^]*caused by Error: timer/,
      ),
    )
    await turns()
    await turns()
    expect(settled).toHaveLength(1)
  })

  test('of a run that has ended changes nothing', async () => {
    const { executor, run, settled } = startExecutor(() => undefined)
    await run()
    executor.crash(1, 'uncaught exception', new Error('late'))
    await turns()

    expect(settled).toHaveLength(1)
  })
})
