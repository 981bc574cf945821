import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { BroadcastChannel } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { systemClock, type Clock } from '../../src/clock.ts'
import { ConfigError } from '../../src/errors.ts'
import { probe, refuseDuplicates } from '../../src/threads/probe.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { startStopStress } from '../support/start-stop.ts'

const fixture = (name: string): string => new URL(`../fixtures/${name}`, import.meta.url).href

function load(...modules: readonly string[]) {
  return loadBy(systemClock, ...modules)
}

function loadBy(clock: Clock, ...modules: readonly string[]) {
  return loadWith({ clock }, ...modules)
}

function loadWith(
  { clock = systemClock, setup }: { readonly clock?: Clock; readonly setup?: string },
  ...modules: readonly string[]
) {
  const base = {
    instance: 'Oban',
    prefix: 'public',
    notifier: 'postgres' as const,
    preload: [],
    maxArgsBytes: undefined,
  }
  const data = {
    ...base,
    setup: setup && fixture(setup),
    modules: modules.map(fixture),
    unknownWorkers: 'fail' as const,
    crontab: [],
  }

  return probe({ data, env: {}, clock, bootMs: 60_000 })
}

describe('probe', () => {
  test('tells which module defines which worker', async () => {
    const { workers, failures } = await load('threads.js')

    expect(failures).toEqual([])
    expect(workers.map(({ name, module }) => ({ name, module }))).toContainEqual({
      name: 'Where',
      module: fixture('threads.js'),
    })
  })

  test.each([
    ['throws', 'threads-broken.js', 'broken'],
    ['does not exist', 'threads-missing.js', 'Cannot find module'],
  ])('tells of a module that %s, and loads the others', async (_, module, message) => {
    const { workers, failures } = await load(module, 'threads.js')

    expect(failures).toEqual([
      {
        module: fixture(module),
        error: expect.objectContaining({ message: expect.stringContaining(message) }),
      },
    ])
    expect(workers.map(({ name }) => name)).toContain('Where')
  })

  test.each([
    ['exits', 'threads-exit.js', 'exit code 1 (process.exit(3) was called)'],
    [
      'leaves a rejection behind',
      'threads-floating.js',
      'exit code 1 (unhandled rejection: Error: floating)',
    ],
  ])('refuses a module that %s', async (_, module, cause) => {
    await expect(load(module)).rejects.toThrow(
      `${fixture(module)} ended the thread that loads it with ${cause}`,
    )
  })

  test('says that the thread does not start, and why, when no module is to blame', async () => {
    const compiled = new URL('../../dist/src/', import.meta.url)
    const program = `
      const { probe } = await import('${new URL('threads/probe.js', compiled).href}')
      const { systemClock: clock } = await import('${new URL('clock.js', compiled).href}')
      const data = { instance: 'Oban', prefix: 'public', preload: [], modules: [], crontab: [] }
      await probe({ data, env: {}, clock, bootMs: 60_000 }).catch((error) => console.log(error.message))
    `
    // An option that Node.js hands on to threads, which refuse it.
    const options = ['--input-type=module', '--eval', program]
    const { stdout } = await promisify(execFile)(process.execPath, options)

    expect(stdout).toContain(
      'workers: the thread that loads them does not start: Error: --input-type',
    )
  })

  test('gives up modules that do not come to an end', async () => {
    const { clock, simulated } = simulatedClock()
    const channel = new BroadcastChannel('oban-endless')
    const begun = new Promise((resolve) => channel.addEventListener('message', resolve))
    const loading = loadBy(clock, 'threads.js', 'threads-endless.js')
    await begun
    channel.close()
    // What the thread said before may arrive with the same turn.
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    simulated.increment(60_000)

    await expect(loading).rejects.toThrow(
      `workers: ${fixture('threads-endless.js')} did not finish loading; all modules have 60000 ms`,
    )
  })

  test('refuses two modules that define one worker', () => {
    const workers = [
      { name: 'A', module: 'one.js' },
      { name: 'B', module: 'one.js' },
      { name: 'A', module: 'two.js' },
    ]

    expect(() => refuseDuplicates({ workers })).toThrow(
      new ConfigError([
        { path: 'workers', message: 'worker "A" is defined by one.js and by two.js' },
      ]),
    )
  })

  test('leaves nothing behind', async () => {
    await startStopStress(async () => {
      await load('threads.js')

      return () => undefined
    }, 3)
  })
})
