import { describe, expect, test } from 'vitest'
import { mergeSettings } from '../../../src/cli/settings/merge.ts'
import type { Given } from '../../../src/cli/settings/sourced.ts'
import { defineConfig } from '../../../src/config/define.ts'
import type { ObanOptions } from '../../../src/config/options.ts'

const media = { limit: 4, threads: 2 }
const options = defineConfig({ name: 'File', prefix: 'jobs', queues: { default: 10, media } })

function merge(given: Partial<Given> = {}, file: ObanOptions = options) {
  const read = { path: '/app/oban.config.js', name: 'oban.config.js', options: file }

  return mergeSettings(read, { options: {}, env: {}, ...given })
}

/** Where a wrong value at a path is said to come from. */
function sourceOf(path: string, given: Partial<Given>, file?: ObanOptions): string | undefined {
  return merge(given, file).origins.locate({ path, message: '' }).source
}

/** What logs with OBAN_LOG_LEVEL=debug. */
function loggerOf(logger: ObanOptions['logger'], given: Given['options'] = {}) {
  return merge({ env: { OBAN_LOG_LEVEL: 'debug' }, options: given }, { logger }).options.logger
}

const queuesOf = (queues: string) => merge({ options: { queues } }).options.queues

describe('the settings of a command', () => {
  test('are those of the file where nothing else is given', () => {
    expect(merge({ env: { OBAN_NAME: '', OBAN_QUEUES: '' } }).options).toEqual(options)
    expect(mergeSettings(undefined, { options: {}, env: {} }).options).toEqual({})
  })

  test('take the environment before the file, and options before both', () => {
    const env = { OBAN_NAME: 'Env', OBAN_PREFIX: 'env', OBAN_NODE: 'env.1', OBAN_LOG: 'json' }

    expect(merge({ options: { name: 'Option', log: 'silent' }, env }).options).toMatchObject({
      name: 'Option',
      prefix: 'env',
      node: 'env.1',
      logger: false,
    })
  })

  test('take DATABASE_URL only for a file that names no database, OBAN_DATABASE_URL for any', () => {
    const env = { DATABASE_URL: 'postgres://env' }
    const own = { ...options, database: { url: 'postgres://pooled', listen: 'postgres://direct' } }
    const databaseOf = (given: Partial<Given>, file = own) => merge(given, file).options.database

    expect(merge({ env }).options.database).toBe('postgres://env')
    expect(databaseOf({ env })).toEqual(own.database)
    expect(databaseOf({ env: { ...env, OBAN_DATABASE_URL: 'postgres://own' } })).toBe(
      'postgres://own',
    )
    expect(databaseOf({ env, options: { 'database-url': 'postgres://option' } })).toBe(
      'postgres://option',
    )
  })

  test('join the two addresses of a database', () => {
    const env = { DATABASE_URL: 'postgres://pooled', OBAN_LISTEN_URL: 'postgres://direct' }
    const joined = { url: 'postgres://pooled', listen: 'postgres://direct' }

    expect(merge({ env }).options.database).toEqual(joined)
    expect(merge({ env }, { database: { url: 'postgres://pooled' } }).options.database).toEqual(
      joined,
    )
  })

  test('run the queues of a list only, with the limits of the list and the rest of the file', () => {
    expect(queuesOf('media')).toEqual({ media })
    expect(queuesOf('media:9, late:1')).toEqual({ media: { limit: 9, threads: 2 }, late: 1 })
    expect(queuesOf('a:b:3')).toEqual({ 'a:b': 3 })
  })

  test.each(['late', 'default:', ':5'])('refuse "%s" as a list of queues', (queues) => {
    expect(merge({ options: { queues } }).problems).toEqual([
      {
        path: 'queues',
        message: `expected name:limit,name:limit; "${queues}" has no limit, here or in the file`,
        source: '--queues',
      },
    ])
  })

  test('tell every entry of a list that cannot be read', () => {
    const { problems } = merge({ env: { OBAN_QUEUES: 'a:1,,a:2,late' } })

    expect(problems.map(({ message, source }) => `${source}: ${message}`)).toEqual([
      'OBAN_QUEUES: expected name:limit,name:limit; "" has no limit, here or in the file',
      'OBAN_QUEUES: expected each queue once; "a" is there twice',
      'OBAN_QUEUES: expected name:limit,name:limit; "late" has no limit, here or in the file',
    ])
  })

  test('tell a kind of log that there is not', () => {
    expect(merge({ options: { log: 'jsn' } }).problems).toEqual([
      {
        path: 'logger',
        message: 'expected json, pretty or silent, found "jsn"',
        expected: 'json, pretty or silent',
        found: '"jsn"',
        suggestion: 'json',
        source: '--log',
      },
    ])
  })

  test('give a level to whatever logs, but to silence', () => {
    const own = { debug() {}, info() {}, warn() {}, error() {} }

    expect(loggerOf(undefined)).toEqual({ encode: undefined, level: 'debug' })
    expect(loggerOf('json')).toEqual({ encode: 'json', level: 'debug' })
    expect(loggerOf('json', { log: 'pretty' })).toEqual({ encode: 'pretty', level: 'debug' })
    expect(loggerOf({ events: 'all', level: 'warn' })).toEqual({ events: 'all', level: 'debug' })
    expect(loggerOf(own)).toEqual({ logger: own, level: 'debug' })
    expect(loggerOf(false)).toBe(false)
    expect(loggerOf(own, { log: 'silent' })).toBe(false)
  })

  test('know where each came from', () => {
    const given = {
      env: { OBAN_QUEUES: 'media:9,default', OBAN_NAME: 'Env', DATABASE_URL: 'x' },
      options: { name: 'Option', 'listen-url': 'y' },
    }

    expect(sourceOf('name', given)).toBe('--name')
    expect(sourceOf('prefix', given)).toBe('oban.config.js')
    expect(sourceOf('queues', given)).toBe('OBAN_QUEUES')
    expect(sourceOf('queues.media.limit', given)).toBe('OBAN_QUEUES')
    expect(sourceOf('queues.media.threads', given)).toBe('OBAN_QUEUES over oban.config.js')
    expect(sourceOf('queues.default', given)).toBe('oban.config.js')
    expect(sourceOf('database.url', given)).toBe('DATABASE_URL')
    expect(sourceOf('database.listen', given)).toBe('--listen-url')
    // Missing, rather than wrong, or below a key that only looks alike.
    expect(sourceOf('stager', given)).toBeUndefined()
    expect(sourceOf('nameless', given)).toBeUndefined()
  })
})
