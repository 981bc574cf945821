/** What must and must not compile; `tsc` is the judge, and runs over the tests. */
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineJob, defineWorker, record } from '../../src/index.ts'
import type { Job, ObanOptions, RunningJob } from '../../src/index.ts'
import { buildJob, performJob, withTestingMode } from '../../src/testing/index.ts'
import type { PerformedJob } from '../../src/testing/index.ts'

const Resize = defineWorker({
  name: 'TestingTypes.Resize',
  args: z.object({ path: z.string(), width: z.number().default(80) }),
  process: ({ args }) => (args.width > 5 ? record({ bytes: 5 }) : undefined),
})

const Bare = defineWorker({ name: 'TestingTypes.Bare', process: () => {} })

const Thumb = defineJob({ name: 'TestingTypes.Thumb', args: z.object({ path: z.string() }) })

async function performStored() {
  const performed = await performJob(await Resize.enqueue({ path: 'a.png' }), { withSafety: false })
  // @ts-expect-error: the job has its attempt
  void performJob(performed.job, { attempt: 2 })

  return performed.recorded
}

/** Compiled, and never called. */
function examples() {
  // @ts-expect-error: the schema needs a path
  void performJob(Resize)
  // @ts-expect-error: which is a string
  void performJob(Resize, { path: 5 })
  // @ts-expect-error: no such argument
  void performJob(Resize, { path: 'a.png', heigth: 5 })
  // @ts-expect-error: no such option
  void performJob(Resize, { path: 'a.png' }, { atempt: 2 })
  // @ts-expect-error: a worker, not its name
  void performJob('TestingTypes.Resize', {})
  // @ts-expect-error: it takes no arguments
  void performJob(Bare, { path: 'a.png' })
  // @ts-expect-error: the schema needs a path
  void buildJob(Thumb, {})
  // @ts-expect-error: what runs it has no place in what is only built
  void buildJob(Thumb, { path: 'a.png' }, { timeout: { seconds: 1 } })
  // @ts-expect-error: no such mode
  withTestingMode('inlin', () => {})
  // @ts-expect-error: no such mode
  const options: ObanOptions = { testing: true }

  return options
}

const perform = () => performJob(Resize, { path: 'a.png' })
const performSafely = () => performJob(Bare, {}, { withSafety: true })
const build = () => buildJob(Resize, { path: 'a.png' })

describe('types', () => {
  test('flow from the worker to what is performed', () => {
    type Resized = Awaited<ReturnType<typeof perform>>

    expectTypeOf<Resized>().toEqualTypeOf<PerformedJob<typeof Resize>>()
    expectTypeOf<Resized['state']>().toEqualTypeOf<'cancelled' | 'completed' | 'snoozed'>()
    expectTypeOf<Resized['recorded']>().toEqualTypeOf<{ bytes: number } | undefined>()
    expectTypeOf(performStored).returns.resolves.toEqualTypeOf<Resized['recorded']>()
    expectTypeOf<Resized['reason']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<Resized['job']>().toEqualTypeOf<
      Job<{ path: string; width?: number | undefined }, { bytes: number }>
    >()
  })

  test('tell of a failure only when that is answered', () => {
    type Done = Awaited<ReturnType<typeof performSafely>>

    expectTypeOf<Done['state']>().toEqualTypeOf<
      'cancelled' | 'completed' | 'discarded' | 'retryable' | 'snoozed'
    >()
    expectTypeOf<
      Extract<Done, { state: 'discarded' | 'retryable' }>['error']
    >().toEqualTypeOf<unknown>()
  })

  test('flow from the worker to what is built', () => {
    expectTypeOf<Awaited<ReturnType<typeof build>>>().toEqualTypeOf<
      RunningJob<{ path: string; width: number }>
    >()
  })

  test('flow through a mode', () => {
    const mode = () => withTestingMode('inline', () => Resize.enqueue({ path: 'a.png' }))

    expectTypeOf<ReturnType<typeof mode>>().toEqualTypeOf<ReturnType<typeof Resize.enqueue>>()
    expectTypeOf(examples).returns.toEqualTypeOf<ObanOptions>()
  })
})
