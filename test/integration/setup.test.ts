/** What `threadOptions.setup` does in a running instance, in threads and inline. */
import { BroadcastChannel } from 'node:worker_threads'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { ObanOptions } from '../../src/config/options.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs RESTART IDENTITY'))

const fixture = (name: string): URL => new URL(`../fixtures/${name}`, import.meta.url)

const inline = { default: { limit: 2, execution: 'inline' } } as const

function optionsFor(options: ObanOptions): ObanOptions {
  return {
    database: database.url,
    workers: [fixture('setup-workers.js')],
    queues: { default: 2 },
    ...options,
  }
}

/** A variable that the setup module reads on the main thread. */
function setVariable(name: string, value: string): void {
  process.env[name] = value
  onTestFinished(() => {
    Reflect.deleteProperty(process.env, name)
  })
}

function startSurrounded(options: ObanOptions = {}) {
  return startOban(optionsFor({ threadOptions: { setup: fixture('setup.js') }, ...options }))
}

describe('the setup module', () => {
  test.each([
    ['threads', {}],
    ['inline', { queues: inline }],
  ])('gives its context to bodies, and surrounds them: %s', async (_, options) => {
    setVariable('ANY_INSTANCE', 'yes')
    const { oban, told } = await startSurrounded(options)
    const { id } = await oban.enqueue('Surrounded', { tenant: 'acme' })
    await told.ended(id)

    expect((await oban.getJob(id))?.recorded).toMatchObject({
      context: { threadId: expect.any(Number) },
      tenant: 'acme',
    })
  })

  test('is torn down when an inline queue stops', async () => {
    setVariable('ANY_INSTANCE', 'yes')
    const channel = new BroadcastChannel('oban-setup')
    const tornDown = new Promise((resolve) => {
      channel.addEventListener('message', (event) => {
        if (event instanceof MessageEvent && event.data.what === 'teardown of 0') resolve(true)
      })
    })
    const { oban } = await startSurrounded({ queues: inline })
    await oban.stop()

    expect(await tornDown).toBe(true)
    channel.close()
  })

  test('keeps an inline queue from starting when setup() fails, and says why', async () => {
    setVariable('FAIL_SETUP', 'no such bucket')
    const starting = makeOban(
      optionsFor({ queues: inline, threadOptions: { setup: fixture('setup.js') } }),
    ).oban.start()

    await expect(starting).rejects.toThrow('setup() failed: RangeError: no such bucket')
  })

  test.each([
    ['threads', {}],
    ['inline', { queues: inline }],
  ])('is refused at the start when it is none: %s', async (_, options) => {
    const start = async (setup: URL) =>
      makeOban(optionsFor({ threadOptions: { setup }, ...options })).oban.start()

    await expect(start(fixture('setup-workers.js'))).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
      problems: [
        {
          path: 'threadOptions.setup',
          message: `${fixture('setup-workers.js').href}: it does not load: Error: it exports none of setup, teardown, around, but Surrounded`,
        },
      ],
    })
    await expect(start(fixture('threads-broken.js'))).rejects.toMatchObject({
      problems: [
        {
          path: 'threadOptions.setup',
          message: `${fixture('threads-broken.js').href}: it does not load: Error: broken`,
        },
      ],
    })
  })

  test('lets the instance live while setup() fails in threads, and its jobs keep their attempt', async () => {
    setVariable('ANY_INSTANCE', 'yes')
    const { oban, told } = await startSurrounded({
      queues: { default: { limit: 4, threads: 4 }, other: { limit: 1, execution: 'inline' } },
      threadOptions: {
        setup: fixture('setup.js'),
        env: { FAIL_SETUP: 'away' },
      },
    })
    const ids = [1, 2, 3, 4].map(async () => (await oban.enqueue('Surrounded', {})).id)
    const [id = 0] = await Promise.all(ids)
    await told.count('thread.exit', 20)
    expect(await told.until('thread.exit')).toMatchObject({
      cause: 'crash',
      error: expect.stringContaining('setup() failed: RangeError: away'),
    })
    const other = await oban.enqueue('Surrounded', {}, { queue: 'other' })
    await told.ended(other.id)

    expect(told.all('supervisor.report')).toEqual([])
    expect(await oban.getJob(id)).toMatchObject({ attempt: expect.any(Number), errors: [] })
  })
})
