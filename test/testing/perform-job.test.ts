/** No test here has a database. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { cancel, defineJob, defineWorker, record, snooze, typed } from '../../src/index.ts'
import type { JobTools, RunningJob } from '../../src/index.ts'
import { buildJob, performJob, withTestingMode } from '../../src/testing/index.ts'
import { makeOban } from '../support/oban.ts'

type Body = (job: RunningJob, tools: JobTools<{ name: string }>) => unknown

/** A worker without arguments, whose body is the test's. */
function worker(body: Body, options: { readonly timeout?: { milliseconds: number } } = {}) {
  return defineWorker({
    name: 'Perform.Any',
    queue: 'any',
    maxAttempts: 3,
    tags: ['own'],
    backoff: () => 60,
    ...options,
    process: (job, tools) => body(job, tools) as undefined,
  })
}

const Resize = defineWorker({
  name: 'Perform.Resize',
  args: z.object({ path: z.string(), width: z.number().default(80), at: z.coerce.date() }),
  process: ({ args }) => record({ ...args, isDate: args.at instanceof Date }),
})

describe('performJob', () => {
  test('gives the body its arguments as the schema makes them of JSON', async () => {
    const { state, recorded, job } = await performJob(Resize, { path: 'a.png', at: '2030-01-31' })

    expect({ state, recorded }).toEqual({
      state: 'completed',
      recorded: { path: 'a.png', width: 80, at: '2030-01-31T00:00:00.000Z', isDate: true },
    })
    expect(job.args).toEqual({ path: 'a.png', at: '2030-01-31' })
  })

  test('makes the job by its worker, as a first attempt', async () => {
    const { state, job } = await performJob(worker(() => {}))

    expect(state).toBe('completed')
    expect(job).toMatchObject({
      worker: 'Perform.Any',
      queue: 'any',
      state: 'completed',
      attempt: 1,
      maxAttempts: 3,
      tags: ['own'],
      completedAt: expect.any(Date),
    })
    expect(job.id).toBeGreaterThan(0)
  })

  test('makes the job as the options say', async () => {
    const options = {
      attempt: 4,
      id: 42,
      maxAttempts: 5,
      meta: { by: 'me' },
      priority: 2,
      queue: 'other',
      scheduledAt: '2030-01-31T00:00:00Z',
      tags: ['A'],
    }
    const seen: unknown[] = []
    await performJob(
      worker((job) => void seen.push(job)),
      {},
      options,
    )

    const expected = { ...options, scheduledAt: new Date('2030-01-31'), tags: ['a'] }
    expect(seen).toMatchObject([{ ...expected, state: 'executing' }])
  })

  test.each([
    ['returned', () => cancel('enough'), { state: 'cancelled', reason: 'enough' }],
    ['returned', () => cancel(), { state: 'cancelled', reason: undefined }],
    ['returned', () => snooze(60), { state: 'snoozed', delaySeconds: 60 }],
    ['thrown', () => Promise.reject(cancel('enough') as never), { state: 'cancelled' }],
    ['thrown', () => Promise.reject(snooze(60) as never), { state: 'snoozed', delaySeconds: 60 }],
  ])('answers what was %s', async (_, body, expected) => {
    expect(await performJob(worker(body))).toMatchObject(expected)
  })

  test('throws what the body throws, the very same', async () => {
    const boom = new RangeError('boom')
    const failing = worker(() => Promise.reject(boom))

    await expect(performJob(failing)).rejects.toBe(boom)
  })

  test.each([
    [1, { state: 'retryable', delaySeconds: 60 }],
    [3, { state: 'discarded', delaySeconds: undefined }],
  ])('with safety tells how attempt %s failed', async (attempt, expected) => {
    const boom = new RangeError('boom')
    const failing = worker(() => Promise.reject(boom))
    const performed = await performJob(failing, {}, { attempt, withSafety: true })

    expect(performed).toMatchObject({ ...expected, error: boom })
    expect(performed.job).toMatchObject({ state: expected.state, errors: [{ attempt }] })
  })

  test('hands over the context, and keeps what is logged', async () => {
    const { logs } = await performJob(
      worker((_, { context, log }) => {
        log.info('with', { context })
      }),
      {},
      { id: 7, context: { tenant: 1 } },
    )

    const fields = { context: { tenant: 1 }, id: 7, queue: 'any', worker: 'Perform.Any' }
    expect(logs).toEqual([{ level: 'info', message: 'with', fields }])
  })

  test('lets the body change its meta, and complete its job', async () => {
    const client = { query: () => Promise.resolve([]) }
    const { job, recorded } = await performJob(
      worker(async (own) => {
        await own.updateMeta({ progress: 40 })
        await own.complete({ client, recorded: { sum: 5 } })
      }),
      {},
      { meta: { by: 'me' } },
    )

    expect(job.meta).toMatchObject({ by: 'me', progress: 40 })
    expect(recorded).toEqual({ sum: 5 })
  })

  test('refuses for the body what production refuses', async () => {
    const large = worker(async (job) => {
      await job.updateMeta({ text: 'x'.repeat(70_000) })
    })

    await expect(performJob(large)).rejects.toMatchObject({ code: 'OBAN_INVALID_JOB' })
    await expect(
      performJob(worker((job) => job.complete({ client: {} as never }))),
    ).rejects.toMatchObject({ code: 'OBAN_CONFIG' })
    await expect(performJob(worker(() => record(Symbol('x'))))).rejects.toMatchObject({
      code: 'OBAN_RECORD',
    })
  })

  test('aborts the signal with that of the test', async () => {
    const controller = new AbortController()
    const performed = await performJob(
      worker((job, { signal }) => {
        controller.abort()

        return Promise.reject(
          Object.assign(signal.reason as Error, { wasCancelled: job.cancelled }),
        )
      }),
      {},
      { signal: controller.signal },
    )

    expect(performed).toMatchObject({ state: 'cancelled', job: { state: 'cancelled' } })
  })

  test('shows the body a signal that has aborted before', async () => {
    const seen: unknown[] = []
    const { state } = await performJob(
      worker((job, { signal }) => {
        seen.push(signal.aborted, job.cancelled, Reflect.get(Object(signal.reason), 'code'))
      }),
      {},
      { signal: AbortSignal.abort() },
    )

    expect(state).toBe('completed')
    expect(seen).toEqual([true, true, 'OBAN_CANCELLED'])
  })

  test.each([
    ['the worker', { timeout: { milliseconds: 20 } }, {}, 20],
    ['the test', { timeout: { milliseconds: 60_000 } }, { timeout: { milliseconds: 30 } }, 30],
  ])('ends a body after the timeout of %s', async (_, own, options, timeoutMs) => {
    const waiting = worker(
      (__, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error)
          })
        }),
      own,
    )

    await expect(performJob(waiting, {}, options)).rejects.toMatchObject({
      code: 'OBAN_TIMEOUT',
      message: `job timed out after ${timeoutMs} ms`,
    })
  })

  test('gives up a body that ignores its signal', async () => {
    const deaf = worker(() => new Promise(() => {}))

    await expect(performJob(deaf, {}, { timeout: { milliseconds: 20 } })).rejects.toMatchObject({
      code: 'OBAN_TIMEOUT',
      cause: {
        message: expect.stringMatching(
          /^worker "Perform.Any" went on for a second after its signal/,
        ),
      },
    })
  })

  test('works under the fake timers of a test', async () => {
    vi.useFakeTimers()
    onTestFinished(() => {
      vi.useRealTimers()
    })

    expect(
      await performJob(
        worker(() => {}),
        {},
        { timeout: { seconds: 60 } },
      ),
    ).toMatchObject({
      state: 'completed',
    })
  })

  test('lets self enqueue where the testing mode says', async () => {
    const { oban } = makeOban({ testing: 'inline' })
    const Twice = defineWorker({
      name: 'Perform.Twice',
      args: typed<{ isSecond?: boolean }>(),
      process: async ({ args }, { self }) =>
        args.isSecond === true
          ? record('second')
          : record((await self.enqueue({ isSecond: true })).recorded),
    })

    expect((await performJob(Twice, {}, { oban })).recorded).toBe('second')
    const named = () => performJob(Twice, {}, { oban: oban.name })
    expect((await withTestingMode('inline', named)).recorded).toBe('second')
    await expect(performJob(Twice)).rejects.toMatchObject({ code: 'OBAN_NOT_FOUND' })
  })

  test('runs the code of a job definition that another module gives', async () => {
    const Thumb = defineJob({ name: 'Perform.Thumb', args: typed<{ path: string }>() })

    await expect(performJob(Thumb, { path: 'a.png' })).rejects.toThrow(
      'worker "Perform.Thumb" has no process() here: import the module that gives it one',
    )
    Thumb.process(({ args }) => record(args.path))
    expect((await performJob(Thumb, { path: 'a.png' })).recorded).toBe('a.png')
  })
})

describe('performJob of a job', () => {
  test('runs what buildJob made, with the arguments that it was made of', async () => {
    const Transformed = defineWorker({
      name: 'Perform.Transformed',
      args: z.object({ at: z.string().transform((text) => text.length) }),
      process: ({ args, id }) => record([id, args.at]),
    })
    const job = await buildJob(Transformed, { at: 'four' }, { id: 7 })

    expect((await performJob(job)).recorded).toEqual([7, 4])
  })

  test('runs the next attempt of a job that waits', async () => {
    const { oban } = makeOban({ testing: 'inline' })
    const snoozing = worker(({ attempt }) => (attempt < 3 ? snooze(60) : record(attempt)))
    const waiting = { ...(await oban.enqueue(snoozing.new())), attempt: 2 }
    const { state, job } = await performJob({ ...waiting, recorded: undefined })

    expect(state).toBe('completed')
    expect(job).toMatchObject({ id: waiting.id, attempt: 3, meta: { snoozed: 1 }, recorded: 3 })
  })

  test('refuses one whose worker is not known, or that has no attempt left', async () => {
    const job = await buildJob(worker(() => {}))

    await expect(performJob({ ...job, ...job, worker: 'Perform.Nobody' })).rejects.toThrow(
      `nobody here knows the worker "Perform.Nobody" of job ${job.id}: import the module`,
    )
    await expect(performJob({ ...job, state: 'discarded', attempt: 3 })).rejects.toThrow(
      'attempt: must be an integer from 1 to maxAttempts (3), got 4',
    )
    await expect(performJob(job, { attempt: 2 } as never)).rejects.toThrow(
      'attempt: is not an option of performJob(job), which has context, signal',
    )
  })
})

describe('performJob refuses', () => {
  test.each([
    [{ ok: true }, '{ ok: true }, which is lost: return nothing, or record(value) to keep it'],
    [null, 'null, which is lost: return nothing'],
    [false, 'false, which is lost'],
    [() => {}, '[Function (anonymous)], which is lost: call it, as in return cancel()'],
    [
      new Error('boom'),
      'an error (Error: boom), which is lost: throw it, as a job that returns an error completes',
    ],
  ])('to lose %s', async (returned, text) => {
    const performed = performJob(
      worker(() => returned),
      {},
      { withSafety: true },
    )

    await expect(performed).rejects.toMatchObject({
      code: 'OBAN_TESTING',
      message: expect.stringMatching(/^worker "Perform.Any" returned .* snooze\(duration\)$/),
    })
    await expect(performed).rejects.toThrow(text)
  })

  test.each([
    ['Perform.Any', `got 'Perform.Any': import it, as its name is not enough`],
    [Map, 'got [Function: Map]'],
    [undefined, 'performJob() needs a worker that defineWorker() made, got undefined'],
  ])('what is no worker: %s', async (given, text) => {
    await expect(performJob(given as never, {} as never)).rejects.toThrow(text)
  })

  test('arguments that the schema refuses, before the body runs', async () => {
    await expect(performJob(Resize, { path: 5, at: '2030-01-31' } as never)).rejects.toMatchObject({
      code: 'OBAN_INVALID_ARGS',
      message: expect.stringContaining('invalid args for worker "Perform.Resize": path: '),
    })
    await expect(performJob(Resize, [] as never)).rejects.toThrow('must be an object, got an array')
  })

  test.each([
    [
      { atempt: 2 },
      'atempt: is not an option of performJob(), which has attempt, id, maxAttempts, meta, priority, ',
    ],
    [{ scheduleIn: 5 }, 'withSafety (did you mean "scheduledAt"?)'],
    [{ attempt: 4 }, 'attempt: must be an integer from 1 to maxAttempts (3), got 4'],
    [{ attempt: 0 }, 'attempt: must be an integer from 1 to maxAttempts (3), got 0'],
    [{ id: 0 }, 'the id of a job is a whole number from 1'],
    [{ priority: 10 }, 'priority: must be an integer from 0 to 9, got 10'],
    [{ meta: 5 }, 'meta: must be an object, got 5'],
    [{ timeout: 5 }, 'timeout: '],
    [{ signal: {} }, 'signal: must be an AbortSignal, got {}'],
    [{ oban: 5 }, 'oban: must be an instance or its name, got 5'],
    [5, 'options: must be an object, got 5'],
  ])('the options %s', async (options, text) => {
    const performed = performJob(
      worker((_, { self }) => Reflect.get(self, 'enqueue')()),
      {},
      options as never,
    )

    await expect(performed).rejects.toThrow(text)
  })
})
