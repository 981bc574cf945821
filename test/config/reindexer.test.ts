import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { ConfigError } from '../../src/errors.ts'

function pathsOf(options: unknown): string[] {
  try {
    Reflect.apply(parseConfig, undefined, [options])
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path }) => path)
    throw error
  }

  return []
}

describe('the option reindexer', () => {
  test('is off, and with `true` at midnight for the search indexes', () => {
    expect(parseConfig().reindexer).toBe(false)
    expect(parseConfig({ reindexer: false }).reindexer).toBe(false)
    expect(parseConfig({ reindexer: true })).toMatchObject({
      reindexer: {
        schedule: { text: '@midnight' },
        timezone: 'UTC',
        indexes: ['oban_jobs_args_index', 'oban_jobs_meta_index'],
        timeoutMs: 15_000,
      },
    })
  })

  test('has a schedule, a zone, indexes and a timeout', () => {
    const place = { timezone: 'Europe/Berlin', indexes: ['oban_jobs_pkey'] }
    const reindexer = { schedule: '30 3 * * 0', timeout: { minutes: 5 }, ...place }

    expect(parseConfig({ reindexer }).reindexer).toMatchObject({
      ...place,
      schedule: { text: '30 3 * * 0' },
      timeoutMs: 300_000,
    })
  })

  test.each([
    ['reindexer', { reindexer: 'nightly' }],
    ['reindexer.schedule', { reindexer: { schedule: 'at night' } }],
    ['reindexer.schedule', { reindexer: { schedule: '@reboot' } }],
    ['reindexer.timezone', { reindexer: { timezone: 'Mars/Olympus' } }],
    ['reindexer.indexes', { reindexer: { indexes: 'oban_jobs_pkey' } }],
    ['reindexer.indexes[0]', { reindexer: { indexes: [''] } }],
    ['reindexer.timeout', { reindexer: { timeout: 15 } }],
    ['vacuum', { vacuum: true }],
    ['vacuum.every', { vacuum: { every: 10 } }],
  ])('tells what is wrong with %s: %j', (path, options) => {
    expect(pathsOf(options)).toEqual([path])
  })
})
