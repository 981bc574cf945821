import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { ConfigError } from '../../src/errors.ts'

/** The paths of what is wrong with options that no type would allow. */
function pathsOf(options: unknown): string[] {
  try {
    Reflect.apply(parseConfig, undefined, [options])
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path }) => path)
    throw error
  }

  return []
}

describe('durations', () => {
  test('stay within what a timer can wait', () => {
    expect(pathsOf({ stager: { interval: { milliseconds: 0 } } })).toEqual(['stager.interval'])
    expect(pathsOf({ stager: { interval: 'infinity' } })).toEqual([])
    expect(pathsOf({ stager: { interval: 'never' } })).toEqual(['stager.interval'])
    expect(pathsOf({ shutdownGracePeriod: { weeks: 4 } })).toEqual(['shutdownGracePeriod'])
    expect(pathsOf({ shutdownGracePeriod: { seconds: 0 } })).toEqual([])
  })
})

const ages = (seconds: number) => ({ completed: seconds, cancelled: seconds, discarded: seconds })

describe('the option pruner', () => {
  test('keeps everything for a day when nothing is said', () => {
    expect(parseConfig()).toMatchObject({
      pruner: { ages: ages(86_400), limit: 10_000, intervalMs: 30_000 },
      leadership: true,
    })
  })

  test('has one age for all states, of seconds when it is a number', () => {
    expect(parseConfig({ pruner: { maxAge: 60 } }).pruner).toMatchObject({ ages: ages(60) })
    expect(parseConfig({ pruner: { maxAge: { weeks: 52 } } }).pruner).toMatchObject({
      ages: ages(52 * 7 * 86_400),
    })
  })

  test('has ages for single states, and keeps for ever what is asked for', () => {
    const states = { cancelled: { minutes: 2 }, discarded: 'infinity' } as const

    expect(parseConfig({ pruner: { maxAge: 60, ages: states } }).pruner).toMatchObject({
      ages: { completed: 60, cancelled: 120, discarded: Infinity },
    })
  })

  test('has a size of pages and an interval', () => {
    const pruner = { limit: 100, interval: { minutes: 1 } }

    expect(parseConfig({ pruner }).pruner).toMatchObject({ limit: 100, intervalMs: 60_000 })
  })

  test.each([
    ['leadership', { leadership: 'yes' }],
    ['pruner', { pruner: true }],
    ['pruner.maxAge', { pruner: { maxAge: 0 } }],
    ['pruner.maxAge', { pruner: { maxAge: 'forever' } }],
    ['pruner.maxAge', { pruner: { maxAge: { days: 40_000 } } }],
    ['pruner.ages.executing', { pruner: { ages: { executing: 60 } } }],
    ['pruner.ages.completed', { pruner: { ages: { completed: { milliseconds: 999 } } } }],
    ['pruner.interval', { pruner: { interval: 30 } }],
    ['pruner.limit', { pruner: { limit: 0 } }],
  ])('tells what is wrong with %s: %j', (path, options) => {
    expect(pathsOf(options)).toEqual([path])
  })
})
