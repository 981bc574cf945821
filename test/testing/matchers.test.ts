import { expect as jestExpect } from 'expect'
import { beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { defineWorker, type Job, type Oban, typed } from '../../src/index.ts'
import { matchers as forJest } from '../../src/testing/jest.ts'
import { matchers } from '../../src/testing/vitest.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban } from '../support/oban.ts'

expect.extend(matchers)
jestExpect.extend(forJest)

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs RESTART IDENTITY'))

const Resize = defineWorker({
  name: 'Matched.Resize',
  queue: 'media',
  args: typed<{ path: string; width: number }>(),
  process() {},
})

async function enqueued(): Promise<{ readonly oban: Oban; readonly job: Job }> {
  const { oban } = makeOban({ database: database.url, testing: 'manual' })
  await Resize.enqueue({ path: 'a.png', width: 90 }, { oban })
  const job = await oban.getJob<Job['args'], unknown>(1)
  if (!job) throw new Error('the job is not there')

  return { oban, job }
}

describe.each([
  ['vitest', expect],
  ['jest', jestExpect],
])('the matchers in %s', (_, expecting) => {
  test('find what was enqueued', async () => {
    const { oban } = await enqueued()

    await expecting(oban).toHaveEnqueued(Resize)
    await expecting(oban.name).toHaveEnqueued(Resize, { args: { width: expecting.any(Number) } })
    await expecting(oban).toHaveEnqueued({ queue: 'media' }, { delta: 5 })
    await expecting(oban).not.toHaveEnqueued(Resize, { args: { width: 80 } })
    await expecting(oban).not.toHaveEnqueued({ queue: 'mail' }, { timeout: { milliseconds: 20 } })
  })

  test('fail with what was found instead', async () => {
    const { oban } = await enqueued()

    await expect(expecting(oban).toHaveEnqueued(Resize, { args: { width: 80 } })).rejects.toThrow(
      'args.width: expected 80, found 90',
    )
    await expect(expecting(oban).not.toHaveEnqueued(Resize)).rejects.toThrow(
      'Found one:\n\n  job 1 of Matched.Resize, available in queue "media"\n    args { path: \'a.png\'',
    )
  })

  test('refuse what is no instance, and a worker that is named twice', async () => {
    const { oban } = await enqueued()

    await expect(expecting({}).toHaveEnqueued(Resize)).rejects.toThrow('oban: must be an instance')
    await expect(
      expecting(oban).toHaveEnqueued(Resize, { worker: 'Other' } as object),
    ).rejects.toThrow('worker: is Matched.Resize already; leave it out of the expectation')
  })

  test('know the state of a job', async () => {
    const { job } = await enqueued()

    expecting(job).toBeInState('available')
    expecting(job).toBeInState('completed', 'available')
    expecting(job).not.toBeInState('completed')
    expect(() => expecting(job).not.toBeInState('available')).toThrow(
      'expected a job that is not available, but job 1 of Matched.Resize is available',
    )
    expect(() => expecting(undefined).toBeInState('completed')).toThrow(
      'expected a job that is completed, got undefined',
    )
    const failed = {
      ...job,
      state: 'discarded',
      attempt: 20,
      errors: [{ attempt: 20, at: '', error: 'Error: no\n  at x' }],
    }
    expect(() => expecting(failed).toBeInState('completed')).toThrow(
      [
        'expected a job that is completed, but job 1 of Matched.Resize is discarded after attempt 20 of 20, in queue "media"',
        '  attempt 20: Error: no',
        '    at x',
      ].join('\n'),
    )
  })
})

/** For the compiler only. */
const check = () => [
  expect('Oban').toHaveEnqueued(Resize, { args: { path: 'a.png' } }),
  // @ts-expect-error: width is a number
  expect('Oban').toHaveEnqueued(Resize, { args: { width: 'wide' } }),
  // @ts-expect-error: there is no such argument
  jestExpect('Oban').toHaveEnqueued(Resize, { args: { heigth: 80 } }),
  // @ts-expect-error: there is no such state
  expect('Oban').toBeInState('done'),
]

describe('the types of the matchers', () => {
  test('know the arguments of the worker', () => {
    expectTypeOf(check).returns.toEqualTypeOf<(Promise<void> | void)[]>()
  })
})
