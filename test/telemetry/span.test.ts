import { once } from 'node:events'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { deferred } from '../../src/deferred.ts'
import { ConfigError } from '../../src/errors.ts'
import { attach, listening } from '../../src/telemetry/channels.ts'
import { EVENT_NAMES, type TelemetryEvent } from '../../src/telemetry/events.ts'
import { span, spanOf } from '../../src/telemetry/span.ts'
import { origin } from '../support/telemetry-events.ts'

declare module '../../src/telemetry/app-spans.ts' {
  interface AppSpans {
    'app.render': { pages: number; bytes?: number }
  }
}

beforeEach(() => {
  expect(EVENT_NAMES.filter((name) => listening(name))).toEqual([])
})

/** Keep what a span of the application tells. */
function keep(...phases: ReadonlyArray<'exception' | 'start' | 'stop'>): object[] {
  const seen: object[] = []
  const names = phases.map((phase) => `app.render.${phase}` as const)
  onTestFinished(attach(names, (event) => seen.push(event)))

  return seen
}

function keepFetches(): TelemetryEvent[] {
  const seen: TelemetryEvent[] = []
  const names = ['producer.fetch.start', 'producer.fetch.stop', 'producer.fetch.exception'] as const
  onTestFinished(attach(names, (event) => seen.push(event)))

  return seen
}

const durationMs: unknown = expect.any(Number)

function call(name: string) {
  return () => Reflect.apply(span, undefined, [name, {}, () => 1])
}

function attachOther(): unknown {
  return Reflect.apply(attach, undefined, [['app.render'], () => {}])
}

describe('span', () => {
  test('tells when work begins and ends, and returns what it returns', () => {
    const seen = keep('start', 'stop', 'exception')
    const result = span('app.render', { pages: 3 }, () => {
      expect(seen).toEqual([{ event: 'app.render.start', pages: 3 }])

      return 'done'
    })

    expect(result).toBe('done')
    expect(seen[1]).toEqual({ event: 'app.render.stop', pages: 3, durationMs })
    expect(seen).toHaveLength(2)
  })

  test('ends when a promise settles, before whoever awaits it goes on', async () => {
    const seen = keep('stop')
    const { promise, resolve } = deferred()
    const result = span('app.render', { pages: 1 }, () => promise)
    expect(seen).toEqual([])

    resolve()
    await result
    expect(seen).toHaveLength(1)
  })

  test('tells what was thrown, and throws it', async () => {
    const error = new Error('no ink')
    const seen = keep('stop', 'exception')
    const fail = () => {
      throw error
    }

    expect(() => span('app.render', { pages: 1 }, fail)).toThrow(error)
    await expect(span('app.render', { pages: 2 }, () => Promise.reject(error))).rejects.toBe(error)
    expect(seen).toEqual([
      { event: 'app.render.exception', pages: 1, durationMs, error },
      { event: 'app.render.exception', pages: 2, durationMs, error },
    ])
  })

  test('takes what is found out on the way into its end', () => {
    const seen = keep('start', 'stop')
    span('app.render', { pages: 1 }, (add) => {
      add({ bytes: 10 })
    })

    expect(seen).toEqual([
      { event: 'app.render.start', pages: 1 },
      { event: 'app.render.stop', pages: 1, bytes: 10, durationMs },
    ])
  })

  test('does the work alone while nobody listens', () => {
    const metadata = {
      get pages(): number {
        return expect.fail('was read')
      },
    }

    expect(span('app.render', metadata, () => 1)).toBe(1)
  })

  test('measures in milliseconds', () => {
    const seen: number[] = []
    onTestFinished(attach(['app.render.stop'], (event) => seen.push(event.durationMs)))
    span('app.render', { pages: 1 }, () => {
      const until = performance.now() + 20
      while (performance.now() < until);
    })

    expect(seen[0]).toBeGreaterThanOrEqual(19.9)
    expect(seen[0]).toBeLessThan(10_000)
  })

  test('has names that begin with app., and no others', () => {
    expect(call('render')).toThrow(ConfigError)
    expect(call('job')).toThrow("expected a name that begins with 'app.'")
    expect(call('app.')).toThrow(ConfigError)
    expect(call('app.a b')).toThrow(ConfigError)
    expect(attachOther).toThrow('end with .start, .stop or .exception')
  })

  test('refuses metadata in place of the work, also while nobody listens', () => {
    expect(() => Reflect.apply(span, undefined, ['app.render', () => 'x'])).toThrow(
      'work: must be a function, got undefined; write span(name, metadata, work)',
    )
  })

  test('of the application belongs to no instance, so that a filter lets it pass', () => {
    const seen: string[] = []
    const options = { instances: ['Other'] }
    onTestFinished(attach(['app.render.stop'], ({ event }) => seen.push(event), options))
    span('app.render', { pages: 1 }, () => {})

    expect(seen).toEqual(['app.render.stop'])
  })

  test('warns of a handler that throws, and does its work', async () => {
    const warned = once(process, 'warning')
    attach(['app.render.start', 'app.render.stop'], () => {
      throw new Error('boom')
    })

    expect(span('app.render', { pages: 1 }, () => 1)).toBe(1)
    const [warning] = await warned
    expect(warning).toMatchObject({
      code: 'OBAN_HANDLER_FAILED',
      message: 'a telemetry handler of app.render.start threw and is detached: Error: boom',
    })
  })
})

describe('spans of the library', () => {
  const fetching = spanOf('producer.fetch')
  const fields = { ...origin, queue: 'media', demand: 10 }

  test('carry what was known at the start in all three events', async () => {
    const seen = keepFetches()
    const error = new Error('gone')
    await fetching.around(
      fields,
      () => Promise.resolve([1]),
      (ids) => ({ fetchedCount: ids.length, ids }),
    )
    const failing = fetching.around(
      fields,
      () => Promise.reject(error),
      () => expect.fail('was asked'),
    )
    await expect(failing).rejects.toBe(error)

    expect(seen).toEqual([
      { event: 'producer.fetch.start', ...fields },
      { event: 'producer.fetch.stop', ...fields, fetchedCount: 1, ids: [1], durationMs },
      { event: 'producer.fetch.start', ...fields },
      { event: 'producer.fetch.exception', ...fields, durationMs, error },
    ])
  })

  test('make nothing while nobody listens', async () => {
    expect(fetching.isHeard).toBe(false)
    const detach = attach(['producer.fetch.exception'], () => {})
    expect(fetching.isHeard).toBe(true)
    await fetching.around(
      fields,
      () => Promise.resolve(),
      () => expect.fail('was asked'),
    )
    detach()

    expect(fetching.isHeard).toBe(false)
  })
})
