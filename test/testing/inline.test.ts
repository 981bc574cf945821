/** The mode `inline`: no test here has a database. */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { cancel, defineJob, defineWorker, record, snooze, typed } from '../../src/index.ts'
import { withTestingMode } from '../../src/testing/index.ts'
import { makeOban } from '../support/oban.ts'

const make = () => makeOban({ testing: 'inline' })

const Ends = defineWorker({
  name: 'Inline.Ends',
  args: typed<{ how: string }>(),
  backoff: () => 60,
  process: ({ args: { how } }) => {
    if (how === 'cancel') return cancel('enough')
    if (how === 'snooze') return snooze(60)
    if (how === 'throw') throw new RangeError('out of range')

    return record({ how })
  },
})

const seen: unknown[] = []
const Seer = defineWorker({
  name: 'Inline.Seer',
  args: z.object({ at: z.coerce.date() }),
  process: (job) => {
    seen.push(job.args.at, job.meta, job.attempt, job.attemptedBy[0])
  },
})

const Parent = defineWorker({
  name: 'Inline.Parent',
  args: typed<{ left: number }>(),
  process: async ({ args: { left } }, { self }) => {
    if (left === 0) return record([0])
    const { recorded } = await self.enqueue({ left: left - 1 })

    return record([left, recorded])
  },
})

const Endless = defineWorker({
  name: 'Inline.Endless',
  process: async (_, { self }) => {
    await self.enqueue()
  },
})

const Slow = defineWorker({
  name: 'Inline.Slow',
  timeout: { milliseconds: 20 },
  process: (_, { signal }) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('stopped'))
      })
    }),
})

describe('an instance in mode inline', () => {
  test('runs a job in the call that enqueues it', async () => {
    const { oban } = make()
    const job = await Ends.enqueue({ how: 'well' }, { oban, tags: ['A'], meta: { by: 'me' } })

    expect(job).toMatchObject({
      id: 1,
      state: 'completed',
      attempt: 1,
      errors: [],
      tags: ['a'],
      meta: { by: 'me', recorded: true },
      recorded: { how: 'well' },
      completedAt: expect.any(Date),
    })
  })

  test('gives the body what JSON makes of arguments and meta', async () => {
    const { oban } = make()
    const meta = { at: new Date(0) as never, none: undefined }
    await Seer.enqueue({ at: '2030-01-31T00:00:00Z' }, { oban, meta })

    const node = expect.stringMatching(/./)
    expect(seen).toEqual([new Date('2030-01-31'), { at: '1970-01-01T00:00:00.000Z' }, 1, node])
  })

  test.each([
    ['cancel', { state: 'cancelled', attempt: 1, cancelledAt: expect.any(Date) }],
    ['snooze', { state: 'scheduled', attempt: 0, meta: { snoozed: 1 } }],
  ])('answers how a job ended that said %s', async (how, expected) => {
    const { oban } = make()

    expect(await oban.enqueue(Ends.new({ how }))).toMatchObject(expected)
  })

  test('tells a snoozed job when it is due, and a cancelled one why', async () => {
    const { oban } = make()
    const { scheduledAt, attemptedAt } = await oban.enqueue(Ends.new({ how: 'snooze' }))
    const { errors } = await oban.enqueue(Ends.new({ how: 'cancel' }))

    const waitsMs = scheduledAt.getTime() - (attemptedAt?.getTime() ?? 0)
    expect(Math.round(waitsMs / 1_000)).toBe(60)
    expect(errors).toMatchObject([{ attempt: 1, error: 'job cancelled itself: enough' }])
  })

  test('throws what a body throws', async () => {
    const { oban } = make()

    await expect(oban.enqueue(Ends.new({ how: 'throw' }))).rejects.toThrow(
      new RangeError('out of range'),
    )
  })

  test.each([
    [undefined, 'retryable'],
    [1, 'discarded'],
  ])('answers a failed job with safety: of %s attempts it is %s', async (maxAttempts, state) => {
    const { oban } = make()
    const job = await withTestingMode(
      'inline',
      () => oban.enqueue(Ends.new({ how: 'throw' }, { maxAttempts })),
      { withSafety: true },
    )

    expect(job.state).toBe(state)
    expect(job.errors).toMatchObject([{ attempt: 1 }])
    expect(job.errors[0]?.error).toMatch(/^RangeError: out of range\n\s+at /)
  })

  test('runs the jobs of a batch in their order, and those of a stream', async () => {
    const { oban } = make()
    const jobs = await oban.enqueueMany(['a', 'b'].map((how) => Ends.new({ how })))
    const requests = [Ends.new({ how: 'c' }), Ends.new({ how: 'd' })]

    expect(jobs.map(({ id, recorded }) => [id, recorded])).toEqual([
      [1, { how: 'a' }],
      [2, { how: 'b' }],
    ])
    expect(await oban.enqueueMany(requests.values())).toEqual({ inserted: 2, conflicts: 0 })
    expect((await oban.getJob(4))?.recorded).toEqual({ how: 'd' })
  })

  test('runs at once what is scheduled, and what a unique job would stand in the way of', async () => {
    const { oban } = make()
    const enqueue = () =>
      oban.enqueue(Ends.new({ how: 'well' }, { scheduleIn: { days: 1 }, unique: true }))

    expect(await enqueue()).toMatchObject({ state: 'completed', conflict: false })
    expect(await enqueue()).toMatchObject({ id: 2, state: 'completed', conflict: false })
  })

  test('runs jobs that jobs enqueue inside of them', async () => {
    const { oban } = make()

    expect((await oban.enqueue(Parent.new({ left: 2 }))).recorded).toEqual([2, [1, [0]]])
  })

  test('ends jobs that enqueue each other for ever', async () => {
    const { oban } = make()

    await expect(oban.enqueue(Endless.new())).rejects.toThrow(
      'jobs have enqueued jobs 100 deep in testing mode "inline", the last ones of ' +
        '"Inline.Endless" > "Inline.Endless" > "Inline.Endless"',
    )
  })

  test('ends a job that takes too long', async () => {
    const { oban } = make()

    await expect(oban.enqueue(Slow.new())).rejects.toMatchObject({
      code: 'OBAN_TIMEOUT',
      message: 'job timed out after 20 ms',
    })
  })

  test('refuses arguments before anything runs', async () => {
    const { oban } = make()

    await expect(oban.enqueue('Inline.Seer', { at: 'x' })).rejects.toThrow(
      'invalid args for worker "Inline.Seer": at: ',
    )
  })

  test('refuses a worker that nobody knows', async () => {
    const { oban } = make()

    await expect(oban.enqueue('Inline.Nobody', {})).rejects.toThrow(
      'unknown worker "Inline.Nobody"; list the module that defines it in `workers`',
    )
  })

  test('finds the code of a job in the modules of the instance', async () => {
    const { oban } = makeOban({
      testing: 'inline',
      workers: [new URL('../fixtures/inline-work.js', import.meta.url)],
    })
    defineJob({ name: 'Inline.Elsewhere', args: typed<{ by: number }>() })

    expect((await oban.enqueue('Inline.Elsewhere', { by: 2 })).recorded).toBe(4)
  })

  test('says which module does not load', async () => {
    const { oban } = makeOban({
      testing: 'inline',
      workers: [new URL('../fixtures/threads-broken.js', import.meta.url)],
    })

    await expect(oban.enqueue('Inline.Broken', {})).rejects.toThrow(
      /^invalid configuration: workers: file:.*threads-broken\.js does not load: /,
    )
  })

  test('tells telemetry of each run, as a queue does', async () => {
    const { oban, told } = make()
    await oban.enqueue(Ends.new({ how: 'well' }))
    await oban.enqueue(Ends.new({ how: 'throw' })).catch((error: unknown) => error)

    expect(told.all('job.start')).toMatchObject([{ id: 1 }, { id: 2, worker: 'Inline.Ends' }])
    expect(told.all('job.stop')).toMatchObject([{ id: 1, state: 'success' }])
    expect(told.all('job.exception')).toMatchObject([{ id: 2, state: 'failure', attempt: 1 }])
  })

  test('calls setup() once, and gives its context to each body', async () => {
    const { oban } = makeOban({
      testing: 'inline',
      threadOptions: { setup: new URL('../fixtures/inline-setup.js', import.meta.url) },
      workers: [new URL('../fixtures/inline-work.js', import.meta.url)],
    })

    expect((await oban.enqueue('Inline.Context')).recorded).toBe(1)
    expect((await oban.enqueue('Inline.Context')).recorded).toBe(1)
  })
})

describe('jobs of mode inline', () => {
  test('can be looked up and waited for while the instance lives', async () => {
    const { oban } = make()
    const job = await Ends.enqueue({ how: 'well' }, { oban })

    expect(await Ends.get(job.id, { oban })).toEqual(job)
    expect(await Ends.wait(job, { oban })).toEqual(job)
    expect(await oban.cancelJob(job.id)).toBe(false)
  })

  test('are not waited for in vain', async () => {
    const { oban } = make()
    const job = await Ends.enqueue({ how: 'snooze' }, { oban })

    await expect(oban.waitForJob(job.id)).rejects.toThrow(
      'job 1 of worker "Inline.Ends" is scheduled after its first attempt, and testing mode "inline" ' +
        'makes no second one',
    )
  })

  test('cannot be changed', async () => {
    const { oban } = make()
    await oban.enqueue(Ends.new({ how: 'snooze' }))

    await expect(oban.updateJob(1, { priority: 1 })).rejects.toMatchObject({
      code: 'OBAN_TESTING',
      message: expect.stringContaining(
        'job 1 of worker "Inline.Ends" ran in testing mode "inline"',
      ),
    })
  })

  test('are in no database that could be searched', async () => {
    const { oban } = make()

    await expect(oban.listJobs()).rejects.toMatchObject({ code: 'OBAN_TESTING' })
    expect(await oban.getJob(7)).toBe(undefined)
    expect(await oban.cancelJob(7)).toBe(false)
    await expect(oban.waitForJob(7)).rejects.toMatchObject({ code: 'OBAN_JOB_NOT_FOUND' })
    expect(await oban.drainQueue('default')).toMatchObject({ success: 0 })
  })
})

describe('withTestingMode', () => {
  test('holds for what a function calls, and for nobody beside it', async () => {
    const { oban } = makeOban({})
    const [inside, outside] = await Promise.allSettled([
      withTestingMode('inline', async () => {
        await Promise.resolve()

        return oban.enqueue(Ends.new({ how: 'well' }))
      }),
      oban.enqueue(Ends.new({ how: 'well' })),
    ])

    expect(inside).toMatchObject({ status: 'fulfilled', value: { state: 'completed' } })
    expect(outside).toMatchObject({
      status: 'rejected',
      reason: { code: 'OBAN_CONFIG', message: expect.stringContaining('database: is undefined') },
    })
  })

  test('goes over the mode of the instance, and ends with the function', async () => {
    const { oban } = make()
    const enqueue = () => oban.enqueue(Ends.new({ how: 'well' }))

    await expect(withTestingMode('disabled', enqueue)).rejects.toThrow('database: is undefined')
    expect((await enqueue()).state).toBe('completed')
  })

  test('returns what the function returns', () => {
    expect(withTestingMode('manual', () => 42)).toBe(42)
  })

  test.each([
    [
      () => withTestingMode('inlin' as never, () => {}),
      /mode: must be .* got 'inlin' \(did you mean "inline"\?\)/,
    ],
    [
      () => withTestingMode('inline', 42 as never),
      /code: must be a function to run in mode 'inline'/,
    ],
    [
      () => withTestingMode('inline', () => {}, { safety: true } as never),
      /safety: is not an option/,
    ],
  ])('refuses what it cannot do', (call, message) => {
    expect(call).toThrow(message)
  })
})
