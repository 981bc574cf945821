/** What must and must not compile; `tsc` is the judge, and runs over the tests. */
import { describe, expectTypeOf, test } from 'vitest'
import type { Client, Pool, PoolClient } from 'pg'
import { z } from 'zod'
import {
  cancel,
  defineJob,
  defineWorker,
  type EnqueueOptions,
  type InputOf,
  type Job,
  type JobDefinition,
  type JobOf,
  type JsonObject,
  type JsonValue,
  type NamedEnqueueArgs,
  type NamedWorker,
  type QueryClient,
  record,
  snooze,
  typed,
  type Worker,
} from '../../src/index.ts'
import type { NotAnObject, NotJson, NotJsonDate } from '../../src/worker/inference.ts'

const Resize = defineWorker({
  name: 'Types.Resize',
  args: z.object({ path: z.string(), width: z.number().default(80) }),
  backoff: (job) => ({ seconds: job.attempt * (job.args.width ?? 1) }),
  async process(job, { signal, log, self }) {
    expectTypeOf(job.args).toEqualTypeOf<{ path: string; width: number }>()
    if (signal.aborted) return cancel('stopped')
    if (job.cancelled) throw snooze({ seconds: 30 })

    const next = await self.enqueue({ path: 'next.png' }, { scheduleIn: 5 })
    log.info('enqueued', { id: next.id })
    // @ts-expect-error: self has the types of the worker
    self.new({ path: 5 })
    if (job.attempt > 3) return snooze(5)
    if (job.attempt > 2) return undefined

    return record({ bytes: 1234 })
  },
})

describe('inference', () => {
  test('names input, output and recorded value, not the schema', () => {
    type Expected = Worker<
      { path: string; width?: number | undefined },
      { path: string; width: number },
      { bytes: number }
    >

    expectTypeOf(Resize).toEqualTypeOf<Expected>()
    expectTypeOf<JobOf<typeof Resize>['recorded']>().toEqualTypeOf<{ bytes: number } | undefined>()
  })

  test('has no arguments without a schema, and no recorded value without record()', () => {
    const Bare = defineWorker({ name: 'Types.Bare', process() {} })

    expectTypeOf(Bare).toEqualTypeOf<Worker<Record<string, never>, Record<string, never>, never>>()
    Bare.new()
    Bare.new({}, { priority: 1 })
    // @ts-expect-error: no arguments
    Bare.new({ a: 1 })
  })

  test('lets the arguments be left out only where {} is valid', () => {
    const Lax = defineWorker({ name: 'Types.Lax', args: typed<{ n?: number }>(), process() {} })

    Lax.new()
    Resize.new({ path: 'a' })
    // @ts-expect-error: path is required
    Resize.new()
    // @ts-expect-error: path is required
    Resize.new({ width: 80 })
    // @ts-expect-error: no such option
    Resize.new({ path: 'a' }, { prioritty: 1 })
    // @ts-expect-error: a client belongs to enqueue
    Resize.new({ path: 'a' }, { client: { query: () => Promise.resolve([]) } })
  })

  test('collects what is recorded from every return', () => {
    const Both = defineWorker({
      name: 'Types.Both',
      process: (job) => {
        if (job.attempt > 2) return cancel()

        return job.attempt > 1 ? record('text') : record([1])
      },
    })

    expectTypeOf<JobOf<typeof Both>['recorded']>().toEqualTypeOf<string | number[] | undefined>()
  })

  test('shows recorded values as they are read back', () => {
    const When = defineWorker({
      name: 'Types.When',
      process: () => Promise.resolve(record({ at: new Date(0), big: 1n, list: [new Date(0)] })),
    })
    type Expected = { at: string; big: bigint | number; list: string[] } | undefined

    expectTypeOf<JobOf<typeof When>['recorded']>().toEqualTypeOf<Expected>()
  })

  test('does not compile a forgotten record()', () => {
    // @ts-expect-error: the value is not recorded
    defineWorker({ name: 'Types.A', process: () => Promise.resolve({ bytes: 1 }) })
    // @ts-expect-error: the value is not recorded
    defineWorker({ name: 'Types.B', process: () => 5 })
    defineWorker({
      name: 'Types.C',
      // @ts-expect-error: one of the values is not recorded
      process: (job) => (job.attempt > 1 ? cancel() : 'done'),
    })
    // @ts-expect-error: looks like a cancel, but is none
    defineWorker({ name: 'Types.D', process: () => ({ reason: 'x' }) })
    // @ts-expect-error: the value is not recorded
    defineJob({ name: 'Types.E' }).process(() => Promise.resolve(5))
  })

  test('takes types of JSON that contain themselves', () => {
    type Tree = readonly (Tree | string)[]
    defineWorker({
      name: 'Types.Json',
      args: typed<JsonObject>(),
      process: (job) => record(job.meta),
    })
    const Any = defineWorker({
      name: 'Types.Any',
      args: z.object({ value: z.json() }),
      process: () => record(['a', ['b']] as Tree),
    })
    const Deep = defineWorker({
      name: 'Types.Deep',
      args: typed<{ value: JsonValue; tree: Tree }>(),
      process() {},
    })

    Any.new({ value: [{ a: [1, null] }] })
    Deep.new({ value: [{ a: [1, null] }], tree: ['a', ['b']] })
    expectTypeOf<InputOf<typeof Deep>>().toEqualTypeOf<{ value: JsonValue; tree: Tree }>()
    expectTypeOf<JobOf<typeof Any>['recorded']>().toEqualTypeOf<Tree | undefined>()
    const Open = defineJob({ name: 'Types.Open', args: typed<JsonObject & { at: Date }>() })
    // @ts-expect-error: a Date is not JSON, whatever else the object may hold
    Open.new({ at: new Date(0) })
    // @ts-expect-error: a function is not JSON
    Any.new({ value: () => 1 })
  })

  test('marks arguments that JSON cannot carry', () => {
    const dated = defineWorker({ name: 'Types.F', args: z.object({ at: z.date() }), process() {} })
    const coerced = z.object({ at: z.coerce.date() })
    const Coerced = defineWorker({
      name: 'Types.G',
      args: coerced,
      process: (job) => void expectTypeOf(job.args.at).toEqualTypeOf<Date>(),
    })
    type Odd = { big: bigint; map: Map<string, string>; list: { at: Date }[]; ok?: string | null }
    const odd = defineJob({ name: 'Types.H', args: typed<Odd>() })
    const list = defineJob({ name: 'Types.I', args: z.array(z.string()) })

    expectTypeOf<InputOf<typeof dated>>().toEqualTypeOf<{ at: NotJsonDate }>()
    expectTypeOf<InputOf<typeof odd>['big']>().toEqualTypeOf<NotJson>()
    expectTypeOf<InputOf<typeof odd>['map']['get']>().toEqualTypeOf<NotJson>()
    expectTypeOf<InputOf<typeof odd>['list']>().toEqualTypeOf<{ at: NotJsonDate }[]>()
    expectTypeOf<InputOf<typeof odd>['ok']>().toEqualTypeOf<string | null | undefined>()
    expectTypeOf<InputOf<typeof list>>().toEqualTypeOf<NotAnObject>()
    // @ts-expect-error: a Date is not JSON: use z.coerce.date()
    dated.new({ at: new Date(0) })
    Coerced.new({ at: '2030-01-01' })
  })

  test('keeps recursive types and unions as they are written', () => {
    interface Tree {
      readonly name: string
      readonly children: readonly Tree[]
    }
    type Shape = { kind: 'circle'; r: number } | { kind: 'point' }
    const tree = defineJob({ name: 'Types.J', args: typed<Tree>() })
    const shape = defineJob({ name: 'Types.K', args: typed<Shape>() })

    expectTypeOf(tree).toEqualTypeOf<JobDefinition<Tree, Tree>>()
    expectTypeOf(shape).toEqualTypeOf<JobDefinition<Shape, Shape>>()
    // @ts-expect-error: a point has no radius
    shape.new({ kind: 'point', r: 1 })
  })

  test('gives a job definition the types of its schema in a second file', () => {
    const Thumb = defineJob({ name: 'Types.Thumb', args: z.object({ n: z.coerce.number() }) })
    const ThumbWorker = Thumb.process((job) => Promise.resolve(record(job.args.n)))

    expectTypeOf(ThumbWorker).toEqualTypeOf<Worker<{ n: unknown }, { n: number }, number>>()
  })

  test('types a call by name, with and without the type of the worker', () => {
    type Typed = NamedEnqueueArgs<typeof Resize, EnqueueOptions>
    type Untyped = NamedEnqueueArgs<NamedWorker, EnqueueOptions>
    const takeTyped = (...params: Typed) => params.length
    const takeUntyped = (...params: Untyped) => params.length

    takeTyped('Types.Resize', { path: 'a' }, { queue: 'media' })
    // @ts-expect-error: width is a number
    takeTyped('Types.Resize', { path: 'a', width: 'wide' })
    takeUntyped('Elixir.Worker')
    takeUntyped('Elixir.Worker', { any: ['json', 1, null] })
    // @ts-expect-error: not JSON
    takeUntyped('Elixir.Worker', { at: new Date(0) })
  })

  test('takes the clients of pg as they are', () => {
    expectTypeOf<Client>().toExtend<QueryClient>()
    expectTypeOf<Pool>().toExtend<QueryClient>()
    expectTypeOf<PoolClient>().toExtend<QueryClient>()
    expectTypeOf<Date>().not.toExtend<QueryClient>()
  })

  test('has plain types for a job of any worker', () => {
    expectTypeOf<Job['args']>().toEqualTypeOf<JsonObject>()
    expectTypeOf<Job['recorded']>().toEqualTypeOf<unknown>()
  })
})

function process(): void {}

describe('the types of cron', () => {
  test('have the arguments of the worker, which may be left out where {} is valid', () => {
    const args = z.object({ path: z.string() })
    defineWorker({ name: 'Types.Cron', cron: '@daily', process })
    defineWorker({ name: 'Types.Cron', cron: ['@daily', { expression: '@hourly' }], process })
    defineWorker({
      name: 'Types.Cron',
      args: z.object({ path: z.string().optional() }),
      cron: '@daily',
      process,
    })
    const given = { expression: '@daily', args: { path: 'a.png' }, timezone: 'UTC' }
    defineWorker({ name: 'Types.Cron', args, cron: given, process })
    defineJob({ name: 'Types.Cron', args, cron: [given, { ...given, queue: 'media' }] })
    // @ts-expect-error: path is required
    defineWorker({ name: 'Types.Cron', args, cron: '@daily', process })
    // @ts-expect-error: path is required
    defineWorker({ name: 'Types.Cron', args, cron: { expression: '@daily' }, process })
    // @ts-expect-error: path is a string
    defineJob({ name: 'Types.Cron', args, cron: { expression: '@daily', args: { path: 5 } } })
    // @ts-expect-error: takes no arguments
    defineJob({ name: 'Types.Cron', cron: { expression: '@daily', args: { path: 'a.png' } } })
  })
})
