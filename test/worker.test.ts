import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { definitionOf, isWorker } from '../src/worker/definition.ts'
import { ConfigError, NotFoundError } from '../src/errors.ts'
import { findWorker, registerInstance, unregisterInstance } from '../src/registry.ts'
import { typed } from '../src/worker/standard-schema.ts'
import { defineJob, defineWorker, handleOf } from '../src/worker.ts'
import { recordingEnqueuer } from './support/enqueuer.ts'

function startInstance(name?: string) {
  const instance = recordingEnqueuer(name)
  registerInstance(instance)
  onTestFinished(() => unregisterInstance(instance.name, instance))

  return instance
}

const Greet = defineWorker({
  name: 'Greet',
  queue: 'media',
  tags: [' Polite '],
  args: z.object({ name: z.string() }),
  process() {},
})

const refused = (path: string) => ({ code: 'OBAN_CONFIG', problems: [{ path }] })

describe('worker', () => {
  test('has the defaults of Oban', () => {
    const definition = definitionOf(defineWorker({ name: 'Bare', process() {} }))

    expect(definition).toEqual({
      name: 'Bare',
      queue: 'default',
      maxAttempts: 20,
      priority: 0,
      tags: [],
      schema: undefined,
      crons: [],
      backoff: undefined,
      timeout: undefined,
      process: definition.process,
    })
    expect(findWorker('Bare')).toBe(definition)
  })

  test('calls process and backoff on the object they were written in', async () => {
    const worker = defineWorker({
      name: 'Own',
      backoff() {
        return this.name.length
      },
      process() {
        expect(this.name).toBe('Own')
      },
    })
    const { backoff } = definitionOf(worker)

    expect(Reflect.apply(backoff ?? (() => 0), undefined, [])).toBe(3)
    await Reflect.apply(definitionOf(worker).process ?? (() => {}), undefined, [])
  })

  test('makes requests without validating the arguments', () => {
    const bad = { name: 5 }

    // @ts-expect-error: a number is not a name
    expect(Greet.new(bad, { priority: 3 })).toEqual({
      worker: 'Greet',
      args: bad,
      options: { priority: 3 },
      definition: definitionOf(Greet),
    })
  })

  test('enqueues through the instance named Oban, another name, or an instance', async () => {
    const [oban, other] = [startInstance(), startInstance('Other')]
    const third = recordingEnqueuer('Third')
    const client = { query: () => Promise.resolve([]) }

    const job = await Greet.enqueue({ name: 'a' }, { queue: 'late', client })
    await Greet.enqueue({ name: 'b' }, { oban: 'Other' })
    await Greet.enqueue({ name: 'c' }, { oban: third })

    expect(job.worker).toBe('Greet')
    expect(oban.calls).toEqual([{ request: Greet.new({ name: 'a' }, { queue: 'late' }), client }])
    expect(other.calls).toEqual([{ request: Greet.new({ name: 'b' }), client: undefined }])
    expect(third.calls).toEqual([{ request: Greet.new({ name: 'c' }), client: undefined }])
  })

  test('rejects when there is no instance, and does not throw', async () => {
    const promise = Greet.enqueue({ name: 'a' })

    await expect(promise).rejects.toThrow(NotFoundError)
    await expect(Greet.get(42, { oban: 'Nobody' })).rejects.toThrow(NotFoundError)
  })

  test('rejects what is no instance, and options that are none', async () => {
    startInstance()
    const slip: object = { clent: {} }

    await expect(Greet.enqueue({ name: 'a' }, { oban: JSON.parse('{}') })).rejects.toMatchObject(
      refused('oban'),
    )
    await expect(Greet.enqueue({ name: 'a' }, { oban: JSON.parse('null') })).rejects.toMatchObject(
      refused('oban'),
    )
    await expect(Greet.enqueue({ name: 'a' }, JSON.parse('null'))).rejects.toMatchObject(
      refused('options'),
    )
    await expect(Greet.get(42, slip)).rejects.toMatchObject(refused('clent'))
    await expect(Greet.wait(42, slip)).rejects.toMatchObject(refused('clent'))
  })

  test('gets a job of its own, and none of another worker', async () => {
    startInstance()
    const Other = defineJob({ name: 'Other' })

    expect((await Greet.get(42))?.args).toEqual({ name: 'Ada' })
    expect(await Greet.get(43)).toBeUndefined()
    expect(await Other.get(42)).toBeUndefined()
  })

  test('enqueues its next job where the present one runs', async () => {
    const [oban, home] = [startInstance(), recordingEnqueuer('Home')]
    const self = handleOf(definitionOf(Greet), home)

    await self.enqueue({ name: 'next' })
    await self.enqueue({ name: 'away' }, { oban: 'Oban' })

    expect(home.calls.map((call) => call.request.args)).toEqual([{ name: 'next' }])
    expect(oban.calls.map((call) => call.request.args)).toEqual([{ name: 'away' }])
  })

  test('can be defined again under its name: the last wins', () => {
    defineWorker({ name: 'Again', queue: 'one', process() {} })
    defineWorker({ name: 'Again', queue: 'two', process() {} })

    expect(findWorker('Again')?.queue).toBe('two')
  })

  test('is recognised by another copy of the package', async () => {
    vi.resetModules()
    const copy = await import('../src/worker/definition.ts')

    expect(copy.isWorker).not.toBe(isWorker)
    expect(copy.isWorker(Greet)).toBe(true)
    expect(copy.definitionOf(Greet).tags).toEqual(['polite'])
  })

  test.each([undefined, null, 'Greet', { name: 'Greet' }, () => Greet])(
    'is not mistaken for %o',
    (value) => {
      expect(isWorker(value)).toBe(false)
    },
  )

  test('has no definition when it is none', () => {
    expect(() => definitionOf({ name: 'Greet' })).toThrow(TypeError)
  })

  test('refuses options that no job could have, all at once', () => {
    const options = { name: 'Bad', queue: '', priority: 10, maxAttempts: 0, process() {} }

    expect(() => defineWorker(options)).toThrow(ConfigError)
    expect(() => defineWorker(options)).toThrow(
      "invalid configuration, 3 problems:\n  worker 'Bad': queue: must not be empty\n  " +
        "worker 'Bad': maxAttempts: must be an integer from 1 to 32767, got 0\n  " +
        "worker 'Bad': priority: must be an integer from 0 to 9, got 10",
    )
    expect(findWorker('Bad')).toBeUndefined()
  })

  test('refuses what only a caller without a compiler can pass', () => {
    // @ts-expect-error: misspelt
    expect(() => defineWorker({ name: 'Bad', prioritty: 1, process() {} })).toThrow(
      '(did you mean "priority"?)',
    )
    // @ts-expect-error: no code
    expect(() => defineWorker({ name: 'Bad' })).toThrow('process: is missing; use defineJob')
    // @ts-expect-error: not a schema
    expect(() => defineWorker({ name: 'Bad', args: {}, process() {} })).toThrow('Standard Schema')
    // @ts-expect-error: not a function
    expect(() => defineWorker({ name: 'Bad', backoff: 5, process() {} })).toThrow('a function')
    // @ts-expect-error: no name
    expect(() => defineWorker({ process() {} })).toThrow('name: must be a string')
  })
})

describe('job definition', () => {
  test('becomes a worker with its process', () => {
    const Thumb = defineJob({ name: 'Thumb', queue: 'media', args: typed<{ path: string }>() })
    expect(findWorker('Thumb')?.process).toBeUndefined()

    const ThumbWorker = Thumb.process(() => {})

    expect([isWorker(Thumb), isWorker(ThumbWorker)]).toEqual([true, true])
    expect(findWorker('Thumb')).toMatchObject({ queue: 'media', process: expect.any(Function) })
    expect(ThumbWorker.new({ path: 'a' })).toMatchObject({ worker: 'Thumb', args: { path: 'a' } })
  })
})
