import { once } from 'node:events'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { ConfigError, defineJob, defineWorker, InvalidJobError, typed } from '../src/index.ts'
import type { JobOptions } from '../src/index.ts'
import { buildNewJob, type NewJobRequest } from '../src/job/new-job.ts'
import { definitionOf } from '../src/worker/definition.ts'

/** What is stored for a job of a worker with these options, enqueued with those. */
function build(worker: JobOptions, call: JobOptions = {}) {
  const { unique, replace } = worker
  const definition = definitionOf(
    defineJob({
      name: 'U',
      args: typed<{ a: number }>(),
      ...JSON.parse(JSON.stringify({ unique, replace })),
    }),
  )
  const request: NewJobRequest = { worker: 'U', args: {}, options: call, definition }

  return buildNewJob(request, {})
}

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }

  return undefined
}

const successful = ['suspended', 'available', 'scheduled', 'executing', 'retryable', 'completed']
const forEver = {
  fields: ['args', 'queue', 'worker'],
  keys: [],
  states: successful,
  periodSeconds: null,
  timestamp: 'inserted_at',
}

describe('the rule of a unique job', () => {
  test('is absent unless asked for', () => {
    expect(build({}).unique).toBeUndefined()
    expect(build({ unique: false }).unique).toBeUndefined()
    expect(build({ unique: true }, { unique: false }).unique).toBeUndefined()
  })

  test('is needed by a call that replaces; a worker that replaces may be made unique by its calls', () => {
    const replaces = { replace: ['args'] } as const
    expect(() => build({}, replaces)).toThrow('replace: needs `unique`')
    expect(() => build({ unique: true }, { ...replaces, unique: false })).toThrow('needs `unique`')
    expect(build(replaces)).not.toHaveProperty('replace')
    expect(build(replaces, { unique: true })).toHaveProperty('replace')
  })

  test('has the defaults of Oban', () => {
    expect(build({ unique: true }).unique).toEqual(forEver)
    expect(build({ unique: { states: 'successful' } }).unique).toEqual({
      ...forEver,
      periodSeconds: 60,
    })
  })

  test('merges the options of a call over those of the worker, key by key', () => {
    const worker = { unique: { keys: ['a'], period: { minutes: 5 } } } as const

    expect(build(worker, { unique: { period: 7 } }).unique).toMatchObject({
      keys: ['a'],
      periodSeconds: 7,
    })
    expect(build(worker, { unique: true }).unique).toMatchObject({
      keys: ['a'],
      periodSeconds: null,
    })
    expect(build(worker, { unique: { keys: undefined, states: 'all' } }).unique).toMatchObject({
      keys: ['a'],
      periodSeconds: 300,
    })
    expect(build({ unique: true }, { unique: { fields: ['worker'] } }).unique).toMatchObject({
      fields: ['worker'],
      periodSeconds: null,
    })
    expect(build({ unique: false }, { unique: true }).unique).toEqual(forEver)
  })

  test.each([
    ['all', [...successful, 'cancelled', 'discarded']],
    ['successful', successful],
    ['incomplete', successful.slice(0, 5)],
    ['scheduled', ['scheduled']],
  ] as const)('knows the group of states %s', (states, expected) => {
    expect(build({ unique: { states } }).unique?.states.toSorted()).toEqual(expected.toSorted())
  })

  test.each([
    [{ unique: {} }, 'unique', 'must say something'],
    [{ unique: 60 }, 'unique', 'must be true, false or an object'],
    [{ unique: { priod: 60 } }, 'unique.priod', 'is not an option'],
    [{ unique: { period: 0 } }, 'unique.period', 'must be more than 0'],
    [{ unique: { period: 'forever' } }, 'unique.period', "'infinity'"],
    [{ unique: { fields: [] } }, 'unique.fields', 'must be an array of args'],
    [{ unique: { fields: ['arg'] } }, 'unique.fields[0]', 'must be one of args'],
    [{ unique: { keys: 'a' } }, 'unique.keys', 'must be an array of strings'],
    [{ unique: { fields: ['queue'], keys: ['a'] } }, 'unique.keys', 'add one to `fields`'],
    [{ unique: { states: 'sucessful' } }, 'unique.states', 'must be one of all'],
    [{ unique: { states: ['availble'] } }, 'unique.states[0]', 'must be one of available'],
    [{ unique: { states: [] } }, 'unique.states', 'must be an array'],
    [{ unique: { timestamp: 'inserted_at' } }, 'unique.timestamp', 'must be one of insertedAt'],
    [{ unique: true, replace: 'args' }, 'replace', 'must be an array of fields'],
    [{ unique: true, replace: ['id'] }, 'replace[0]', 'must be one of args'],
    [{ unique: true, replace: { running: ['args'] } }, 'replace.running', 'is not a state'],
    [{ unique: true, replace: { executing: [] } }, 'replace.executing', 'must be an array'],
  ])('refuses %j, of a worker and of a call', (options, path, message) => {
    const plain: Record<string, unknown> = { name: 'U', args: typed<{ a: number }>(), ...options }
    const ofWorker = thrownBy(() => Reflect.apply(defineJob, undefined, [plain]))
    const ofCall = thrownBy(() =>
      buildNewJob({ worker: 'U', args: {}, options: Object(options) }, {}),
    )

    expect(ofWorker).toBeInstanceOf(ConfigError)
    expect(ofCall).toBeInstanceOf(InvalidJobError)
    for (const error of [ofWorker, ofCall]) {
      expect(String(error)).toContain(`${path}: `)
      expect(String(error)).toContain(message)
    }
  })

  test('refuses keys that the options of a call leave without a field', () => {
    expect(() => build({ unique: { keys: ['a'] } }, { unique: { fields: ['queue'] } })).toThrow(
      'unique.keys: are keys of args or meta',
    )
  })

  test('warns once of states in which no job is inserted', async () => {
    const warning = once(process, 'warning')
    const options = {
      name: 'Unique.Warned',
      unique: { states: ['executing', 'retryable'] },
    } as const
    defineJob(options)
    defineJob(options)
    const [told] = await warning
    const last = once(process, 'warning')
    process.emitWarning('the last')

    expect(told).toMatchObject({ code: 'OBAN_UNIQUE_STATES', name: 'ObanWarning' })
    expect(String(told)).toContain(
      'worker "Unique.Warned" is unique among executing, retryable jobs',
    )
    expect(String((await last)[0])).toContain('the last')
  })
})

describe('what a job replaces', () => {
  const unique = true

  test('is what its call or its worker gives, in the states configured', () => {
    const all = [
      'args',
      'maxAttempts',
      'meta',
      'priority',
      'queue',
      'scheduledAt',
      'tags',
      'worker',
    ]
    const replace = { scheduled: all, executing: ['priority'] } as unknown

    expect(build({ unique, replace: Object(replace) }).replace).toEqual({
      scheduled: ['args', 'worker'],
    })
    expect(
      build({ unique, replace: Object(replace) }, { priority: 0, meta: {}, scheduleIn: 5 }).replace,
    ).toEqual({
      scheduled: ['args', 'meta', 'priority', 'scheduledAt', 'worker'],
      executing: ['priority'],
    })
  })

  test('holds in every state as a list', () => {
    const { replace } = build({ unique }, { replace: ['args'] })

    expect(Object.keys(replace ?? {})).toHaveLength(8)
    expect(new Set(Object.values(replace ?? {}).flat())).toEqual(new Set(['args']))
  })
})

describe('the types of unique', () => {
  const Sized = defineWorker({
    name: 'Unique.Sized',
    args: z.object({ path: z.string(), width: z.number().default(1) }),
    unique: { keys: ['path', 'width'], period: { minutes: 5 } },
    process() {},
  })

  test('know the keys of the arguments', () => {
    Sized.new({ path: 'a' }, { unique: { keys: ['path'] } })
    // @ts-expect-error: not a key of the arguments
    Sized.new({ path: 'a' }, { unique: { keys: ['paht'] } })
    const wrong = { name: 'Unique.Wrong', args: typed<{ a: number }>() }
    // @ts-expect-error: not a key of the arguments
    defineJob({ ...wrong, unique: { keys: ['b'] } })
    defineJob({
      name: 'Unique.Both',
      args: typed<{ a: 1 } | { b: 2 }>(),
      unique: { keys: ['a', 'b'] },
    })
    Sized.new({ path: 'a' }, { unique: { fields: ['meta', 'worker'], keys: ['tenant'] } })
    expectTypeOf<NonNullable<JobOptions['unique']>>().extract<boolean>().toEqualTypeOf<boolean>()
  })

  test('know fields, states and what can be replaced', () => {
    const refused = [
      // @ts-expect-error: no field
      Sized.new({ path: 'a' }, { unique: { fields: ['tags'] } }),
      // @ts-expect-error: no state
      Sized.new({ path: 'a' }, { unique: { states: ['running'] } }),
      // @ts-expect-error: no group of states
      Sized.new({ path: 'a' }, { unique: { states: 'failed' } }),
      // @ts-expect-error: a string is no period
      Sized.new({ path: 'a' }, { unique: { period: 'forever' } }),
      // @ts-expect-error: ids cannot be replaced
      Sized.new({ path: 'a' }, { replace: ['id'] }),
      // @ts-expect-error: no state
      Sized.new({ path: 'a' }, { replace: { running: ['args'] } }),
    ]
    expect(refused).toHaveLength(6)
  })
})
