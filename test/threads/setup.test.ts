import { BroadcastChannel } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Outcome } from '../../src/protocol/outcome.ts'
import { Cells } from '../../src/threads/cells.ts'
import type { FromThread } from '../../src/threads/protocol.ts'
import { spawnThread } from '../../src/threads/spawn.ts'
import { decodeRecorded } from '../../src/term.ts'
import { startPool, type PoolOptions } from '../support/thread-pool.ts'

const fixture = (name: string): string => new URL(`../fixtures/${name}`, import.meta.url).href

/** What the setup module of each thread says. */
function listenToSetup() {
  const said: string[] = []
  const watchers = new Set<() => void>()
  const channel = new BroadcastChannel('oban-setup')
  channel.addEventListener('message', (event) => {
    if (event instanceof MessageEvent) said.push(String(event.data.what))
    for (const watcher of watchers) watcher()
  })
  onTestFinished(() => {
    channel.close()
  })

  return {
    said,
    /** Resolves when that much has been said. */
    count: (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (said.length >= count) resolve()
        }
        watchers.add(look)
        look()
      }),
  }
}

const startSurrounded = (options: PoolOptions = {}) =>
  startPool({ modules: ['setup-workers.js'], setup: 'setup.js', ...options })

function recorded(outcome: Outcome): unknown {
  if (outcome.kind !== 'completed') throw new Error(`it ended as ${outcome.kind}`)

  return decodeRecorded(outcome.recorded ?? '')
}

/** A thread of its own, without a pool: the test is its main thread. */
function spawnSurrounded(env: Readonly<Record<string, string>> = {}) {
  const messages: FromThread[] = []
  const { port, worker, drain } = spawnThread({
    name: 'test',
    env,
    data: {
      instance: 'Oban',
      prefix: 'public',
      notifier: 'postgres' as const,
      queue: 'default',
      thread: '1',
      modules: [],
      preload: [],
      setup: fixture('setup.js'),
      isProbe: false,
      crontab: [],
      takesConsole: true,
      unknownWorkers: 'fail',
      maxArgsBytes: undefined,
      lease: new SharedArrayBuffer(8),
      cells: new Cells().buffer,
    },
    onMessage: (message) => messages.push(message),
  })
  const exited = new Promise<number>((resolve) => {
    worker.once('exit', (code) => {
      drain()
      resolve(code)
    })
  })
  port.postMessage({ type: 'stop' })

  return { exited, messages, port }
}

describe('the setup module of a thread', () => {
  test('is called once for each thread, before its first job', async () => {
    const { said, count } = listenToSetup()
    const { run, ended } = startSurrounded()
    const first = recorded((await ended(run('Surrounded'))).outcome)
    const second = recorded((await ended(run('Surrounded'))).outcome)

    expect(first).toEqual({ context: { threadId: expect.any(Number), instance: 'Oban' } })
    expect(second).toEqual(first)
    await count(1)
    expect(said).toEqual(['setup'])
  })

  test('surrounds each body', async () => {
    const { claim, post, ended } = startSurrounded()
    const runs = ['a', 'b'].map((tenant) => claim('Surrounded', { tenant }))
    post(...runs)
    const outcomes = await Promise.all(runs.map(async (run) => (await ended(run)).outcome))

    expect(outcomes.map(recorded)).toMatchObject([{ tenant: 'a' }, { tenant: 'b' }])
  })

  test.each([
    [{ skip: true }, { kind: 'cancelled', error: 'job cancelled itself: skipped' }],
    [{ forget: true }, { kind: 'failed', error: expect.stringContaining('AroundError: around()') }],
    [{ twice: true }, { kind: 'failed', error: expect.stringContaining('called next() twice') }],
  ])('may decide how a job ends: %o', async (args, expected) => {
    const { run, ended } = startSurrounded()

    expect((await ended(run('Surrounded', args))).outcome).toMatchObject(expected)
  })

  test('gives back jobs when setup() fails, and tries again, later each time', async () => {
    const { run, ended, exits, reports, settled } = startSurrounded({ env: { FAIL_SETUP: 'away' } })
    const reason = 'setup() failed: RangeError: away, while it executed'
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect((await ended(run('Surrounded'))).outcome).toEqual({
        kind: 'interrupted',
        suspect: false,
      })
    }

    expect(settled.items).toHaveLength(3)
    expect(exits.items).toHaveLength(3)
    expect(exits.items[0]).toMatchObject({ booted: false, cause: expect.stringContaining(reason) })
    expect(reports.items).toEqual([])
  })

  test('tears down when the thread ends in order', async () => {
    const { said, count } = listenToSetup()
    const { exited, messages } = spawnSurrounded()

    expect(await exited).toBe(0)
    await count(2)
    expect(said).toEqual(['setup', expect.stringMatching(/^teardown of \d+$/)])
    expect(messages.map(({ type }) => type)).toEqual(['loading', 'ready'])
  })

  test('tears down once, however often it is told to', async () => {
    const { said, count } = listenToSetup()
    const { exited, port } = spawnSurrounded()
    port.postMessage({ type: 'stop' })
    port.postMessage({ type: 'stop' })

    expect(await exited).toBe(0)
    await count(2)
    expect(said).toHaveLength(2)
  })

  test('ends all the same when teardown() fails, and says so', async () => {
    const { exited, messages } = spawnSurrounded({ FAIL_TEARDOWN: 'stuck' })

    expect(await exited).toBe(0)
    expect(messages.at(-1)).toMatchObject({
      type: 'log',
      level: 'error',
      message: 'teardown() failed: RangeError: stuck',
    })
  })
})
