import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { NotFoundError } from '../src/errors.ts'
import {
  findInstance,
  findWorker,
  registerInstance,
  registerWorker,
  requestByName,
  unregisterInstance,
} from '../src/registry.ts'
import { recordingEnqueuer } from './support/enqueuer.ts'

const code = { process: () => {} }
const fields = { queue: 'default', maxAttempts: 20, priority: 0, tags: [] }

function register(name?: string) {
  const instance = recordingEnqueuer(name)
  registerInstance(instance)
  onTestFinished(() => unregisterInstance(instance.name, instance))

  return instance
}

describe('registry', () => {
  test('finds an instance by name, and the one named Oban without', () => {
    const [oban, other] = [register(), register('Other')]

    expect(findInstance()).toBe(oban)
    expect(findInstance('Other')).toBe(other)
  })

  test('says what to do when there is no such instance', () => {
    expect(() => findInstance('Nobody')).toThrow(NotFoundError)
    expect(() => findInstance('Nobody')).toThrow('no Oban instance named "Nobody" exists')
  })

  test('does not forget the successor of an instance that stops late', () => {
    const [first, second] = [register('Same'), register('Same')]

    unregisterInstance('Same', first)
    expect(findInstance('Same')).toBe(second)

    unregisterInstance('Same', second)
    expect(() => findInstance('Same')).toThrow(NotFoundError)
  })

  test('gives the name back to the instance that had it before', () => {
    const [first, second] = [register('Same'), register('Same')]
    expect(findInstance('Same')).toBe(second)

    unregisterInstance('Same', second)
    expect(findInstance('Same')).toBe(first)
  })

  test('is shared with other copies of the package', async () => {
    const instance = register('Shared')
    vi.resetModules()
    const copy = await import('../src/registry.ts')

    expect(copy.findInstance).not.toBe(findInstance)
    expect(copy.findInstance('Shared')).toBe(instance)
  })

  test('keeps the last definition of a worker', () => {
    registerWorker({ ...fields, name: 'Twice', queue: 'one', process: () => {} })
    registerWorker({ ...fields, name: 'Twice', queue: 'two', process: () => {} })

    expect(findWorker('Twice')?.queue).toBe('two')
    expect(findWorker('Nobody')).toBeUndefined()
  })

  test('does not lose the code of a worker to a second copy of its definition', () => {
    const { process } = code
    registerWorker({ ...fields, name: 'Split', process })
    registerWorker({ ...fields, name: 'Split', queue: 'late' })

    expect(findWorker('Split')).toMatchObject({ queue: 'late', process })
  })

  test('makes a request by name with the definition that is known', () => {
    registerWorker({ ...fields, name: 'Known' })

    expect(requestByName('Known', { n: 1 }, { priority: 2 })).toEqual({
      worker: 'Known',
      args: { n: 1 },
      options: { priority: 2 },
      definition: findWorker('Known'),
    })
    expect(requestByName('Elixir.Worker')).toEqual({
      worker: 'Elixir.Worker',
      args: {},
      options: {},
      definition: undefined,
    })
  })
})
