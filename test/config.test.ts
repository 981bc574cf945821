import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Pool } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import { ConfigError, type Problem } from '../src/errors.ts'
import { pathsOf, problemsOf } from './support/config-problems.ts'
import type { ObanOptions } from '../src/config/options.ts'

const folder = mkdtempSync(join(tmpdir(), 'oban-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const url = 'postgres://localhost/app'

const media = { limit: 4, threads: 4, execution: 'threads', paused: true, prefetch: 7 } as const
const resourceLimits = { maxOldGenerationSizeMb: 64, maxExternalMb: 32 }
const rules = { idleTimeout: { seconds: 1 }, recycle: { afterJobs: 9 }, resourceLimits }
const parsedRules = {
  idleTimeoutMs: 1_000,
  recycle: { afterJobs: 9, aboveMb: Infinity },
  resourceLimits,
}
const queueDefaults = {
  threads: 1,
  execution: 'threads',
  paused: false,
  prefetch: 0,
  idleTimeoutMs: 300_000,
  recycle: { afterJobs: Infinity, aboveMb: Infinity },
  resourceLimits: {},
}

function file(name: string): string {
  const path = join(folder, name)
  writeFileSync(path, '')

  return path
}

/** What a pool that is never used would answer. */
const never = Promise.resolve({})

function ignore(): void {}

function definition(): object {
  return { [Symbol.for('oban-ts.worker')]: true, name: 'Media.Resize' }
}

describe('config defaults', () => {
  test('make a client without a database out of no options', () => {
    const { node, ...config } = parseConfig()

    expect(node).toMatch(/^\S+-\d+-[0-9a-z]{4}$/)
    expect(config).toMatchObject({
      name: 'Oban',
      prefix: 'public',
      database: undefined,
      workers: { modules: [], definitions: [] },
      queues: [],
      threadOptions: { env: {}, resourceLimits: {}, preload: [] },
      stager: { intervalMs: 1_000, limit: 5_000 },
      lifeline: true,
      synchronousCommit: {},
      unknownWorkers: 'release',
      shutdownGracePeriodMs: 15_000,
      maxArgsBytes: undefined,
    })
    expect(config.logger).toBe(console)
    expect(config.onFatal(new Error('gone'))).toBe(undefined)
  })

  test('name each node differently', () => {
    const nodes = new Set(Array.from({ length: 20 }, () => parseConfig().node))

    expect(nodes.size).toBeGreaterThan(15)
  })

  test('treat undefined as left out, at every level', () => {
    const queues = { media: { limit: 2, threads: undefined, paused: undefined } }
    const stager = { interval: undefined, limit: undefined }
    const config = parseConfig({ database: url, name: undefined, queues, stager })

    expect(config.name).toBe('Oban')
    expect(config.stager).toEqual({ intervalMs: 1_000, limit: 5_000 })
    expect(config.queues).toEqual([{ name: 'media', limit: 2, ...queueDefaults }])
  })
})

describe('config', () => {
  test('carries units in names and keeps what was given', () => {
    const config = parseConfig({
      database: url,
      name: 'Media',
      node: 'web.1',
      prefix: 'jobs',
      queues: { default: 10, media: { ...media, ...rules } },
      threadOptions: {
        env: { TZ: 'UTC' },
        resourceLimits: { maxOldGenerationSizeMb: 128 },
        preload: ['tsx/esm', '/opt/pre load.js', new URL('file:///opt/other.js')],
      },
      stager: { interval: { seconds: 1, milliseconds: 500 }, limit: 10 },
      lifeline: false,
      pruner: false,
      cron: false,
      metrics: { counts: false },
      vacuum: false,
      reindexer: false,
      leadership: false,
      notifier: 'isolated',
      synchronousCommit: { fetch: 'off', stage: 'local' },
      unknownWorkers: 'fail',
      shutdownGracePeriod: 'infinity',
      maxArgsBytes: 1_024,
      testing: 'manual',
      logger: 'json',
      onFatal: ignore,
    })

    expect(config).toEqual({
      database: { kind: 'url', url },
      name: 'Media',
      node: 'web.1',
      prefix: 'jobs',
      workers: { modules: [], definitions: [] },
      queues: [
        { name: 'default', limit: 10, ...queueDefaults },
        { name: 'media', ...media, ...parsedRules },
      ],
      threadOptions: {
        env: { TZ: 'UTC' },
        resourceLimits: { maxOldGenerationSizeMb: 128 },
        preload: ['tsx/esm', 'file:///opt/pre%20load.js', 'file:///opt/other.js'],
        bootMs: 60_000,
      },
      stager: { intervalMs: 1_500, limit: 10 },
      lifeline: false,
      pruner: false,
      cron: false,
      metrics: { counts: false, estimateAbove: 50_000 },
      vacuum: false,
      reindexer: false,
      leadership: false,
      notifier: 'isolated',
      synchronousCommit: { fetch: 'off', stage: 'local' },
      unknownWorkers: 'fail',
      shutdownGracePeriodMs: Number.POSITIVE_INFINITY,
      maxArgsBytes: 1_024,
      testing: 'manual',
      logger: 'json',
      logged: {},
      onFatal: ignore,
    })
  })

  test('accepts a pool and an embedded server in place of a string', () => {
    const pool: ObanOptions['database'] = { pool: new Pool() }
    const database = parseConfig({ database: pool }).database

    expect(database?.kind === 'pool' && database.pool).toBe(pool.pool)
    expect(parseConfig({ database: { embedded: { dataDir: '.oban' } } }).database).toEqual({
      kind: 'embedded',
      dataDir: '.oban',
    })
  })

  test('is frozen, but the objects of the caller are not', () => {
    const pool = { options: {}, connect: () => never, query: () => never }
    const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
    const worker = definition()
    const queues = { media: { limit: 1, execution: 'inline' as const } }
    const config = parseConfig({ database: { pool }, logger, workers: [worker], queues })

    const mine = [pool, pool.options, logger, worker, queues, queues.media]
    const ours = [config, config.database, config.queues, config.queues[0], config.stager]
    const deep = [config.workers, config.workers.modules, config.threadOptions.env]
    expect(mine.map((object) => Object.isFrozen(object))).toEqual(mine.map(() => false))
    expect([...ours, ...deep].map((object) => Object.isFrozen(object))).not.toContain(false)
    expect(config.workers.definitions[0]).toBe(worker)
    expect(config.logger).toBe(logger)
  })

  test('does not follow later changes of the options', () => {
    const queues = { media: { limit: 1 } }
    const config = parseConfig({ database: url, queues })
    queues.media.limit = 99

    expect(config.queues[0]?.limit).toBe(1)
  })
})

describe('config workers', () => {
  test('become URLs of files, each once', () => {
    const path = file('media.js')
    const { workers } = parseConfig({ workers: [path, pathToFileURL(path), file('a b.mjs')] })

    expect(workers.modules).toEqual([
      pathToFileURL(path).href,
      pathToFileURL(join(folder, 'a b.mjs')).href,
    ])
  })

  test('fall back to the TypeScript source of a missing module', () => {
    const source = file('source.mts')
    file('both.ts')
    const both = file('both.js')
    const { workers } = parseConfig({ workers: [join(folder, 'source.mjs'), both] })

    expect(workers.modules).toEqual([pathToFileURL(source).href, pathToFileURL(both).href])
  })

  test('that are no files are refused by path', () => {
    const missing = join(folder, 'missing.js')

    expect(
      problemsOf({ workers: [missing, folder, './relative.js', new URL('data:,')] }),
    ).toMatchObject([
      { path: 'workers[0]', message: `there is no file "${missing}"` },
      { path: 'workers[1]', message: `there is no file "${folder}"` },
      { path: 'workers[2]', message: expect.stringContaining('found "./relative.js"') },
      { path: 'workers[3]', message: 'expected a file: URL, found data:' },
    ])
  })

  test('given as definitions run in inline queues only', () => {
    const queues = { here: { limit: 1, execution: 'inline' }, there: 5 }
    const options = { database: url, queues, workers: [definition()] }

    expect(pathsOf(options)).toEqual(['queues.there'])
    expect(pathsOf({ ...options, workers: [definition(), file('w.js')] })).toEqual([])
    expect(pathsOf({ ...options, queues: { here: queues.here } })).toEqual([])
  })
})

function reportOf(...problems: readonly Problem[]): string {
  return new ConfigError(problems).message
}

describe('config problems', () => {
  test('name the database when there are queues', () => {
    expect(pathsOf({ queues: { media: 1 } })).toEqual(['database'])
    expect(pathsOf({ queues: { media: 1 }, database: undefined })).toEqual(['database'])
    expect(pathsOf({ queues: {}, database: undefined })).toEqual([])
  })

  test('are told all at once, with what was expected and found', () => {
    const queues = { media: { limit: 0 }, mailers: { limit: 2, threads: 3 }, '': -1 }

    expect(problemsOf({ queues, stager: { limit: 1.5 }, prefix: '' })).toMatchObject([
      { path: 'prefix', message: 'expected a schema name of 1 to 40 bytes, found an empty string' },
      {
        path: 'queues.media.limit',
        message: 'expected a whole number from 1 to 2147483647, found 0',
      },
      { path: 'queues.mailers.threads', message: 'expected at most the limit of 2, found 3' },
      {
        path: 'queues[""]',
        message: 'expected queue names of 1 to 127 characters, found an empty string',
      },
      { path: 'stager.limit', message: 'expected a whole number from 1 to 2147483647, found 1.5' },
      { path: 'database', message: expect.stringContaining('DATABASE_URL') },
    ])
  })

  test('have their parts apart, for programs', () => {
    expect(problemsOf({ notifier: 'isolatd', name: 5, queus: {} })).toEqual([
      {
        path: 'name',
        message: 'expected a name of 1 to 127 characters, found 5',
        expected: 'a name of 1 to 127 characters',
        found: '5',
      },
      {
        path: 'notifier',
        message: "expected 'postgres' or 'isolated', found \"isolatd\"",
        expected: "'postgres' or 'isolated'",
        found: '"isolatd"',
        suggestion: 'isolated',
      },
      {
        path: 'queus',
        message: expect.stringMatching(/^is not an option; there are database, name/),
        suggestion: 'queues',
      },
    ])
  })

  test('have a line each, and one alone that of the error', () => {
    expect(reportOf({ path: 'a', message: 'is wrong', suggestion: 'b' })).toBe(
      'invalid configuration: a: is wrong (did you mean "b"?)',
    )
    expect(
      reportOf({ path: '', message: 'x' }, { path: 'a', message: 'y', source: 'OBAN_A' }),
    ).toBe('invalid configuration, 2 problems:\n  x\n  a: y (from OBAN_A)')
  })

  test('ask for the known key or value that was meant, at every level', () => {
    const suggestions = problemsOf({
      queus: {},
      queues: { media: { limt: 1, limit: 1 } },
      stager: { interval: { secs: 1, second: 1 } },
      threadOptions: { resourceLimits: { stackSizeMB: 1 } },
      database: { pol: {} },
      unknownWorkers: 'realese',
    }).map(({ path, suggestion }) => `${path} -> ${suggestion}`)

    expect(suggestions.toSorted()).toEqual([
      'database.pol -> pool',
      'queues.media.limt -> limit',
      'queus -> queues',
      'stager.interval.second -> seconds',
      'stager.interval.secs -> undefined',
      'threadOptions.resourceLimits.stackSizeMB -> stackSizeMb',
      'unknownWorkers -> release',
    ])
  })

  test('show both readings of a bare number where a duration belongs', () => {
    const message =
      'expected a unit, found the bare number 15: { seconds: 15 } or { milliseconds: 15 }?'

    expect(problemsOf({ shutdownGracePeriod: 15, stager: { interval: 15 } })).toMatchObject([
      { path: 'stager.interval', message },
      { path: 'shutdownGracePeriod', message },
    ])
  })

  test('never contain a connection string or a secret', () => {
    const secrets = { database: 'mysql://me:hunter2@host', threadOptions: { env: { KEY: 42_424 } } }
    const messages = [
      ...problemsOf({ ...secrets, prefix: 'postgres://me:hunter2@host/aaaaaaaaaaaaaaaaaaaaaa' }),
      ...problemsOf('postgres://me:hunter2@host'),
      ...problemsOf({ database: 'hunter2', workers: ['https://me:hunter2@host'] }),
    ].map(({ message }) => message)

    expect(messages).toHaveLength(6)
    expect(messages.join(' ')).not.toMatch(/hunter2|42424/)
  })

  test.each([
    ['name', 'a\0b'],
    ['node', 'web 1'],
    ['prefix', 'ü'.repeat(21)],
    ['queues', { ['q'.repeat(128)]: 1 }],
    ['queues', new Map([['media', 1]])],
    ['queues', null],
    ['lifeline', true],
    ['lifeline', new Date()],
    ['logger', { warn: () => {}, error: () => {} }],
    ['onFatal', 'log'],
    ['testing', 'inlined'],
    ['maxArgsBytes', Number.POSITIVE_INFINITY],
    ['maxArgsBytes', -1],
    ['stager', { limit: Number.NaN }],
    ['stager', () => {}],
    ['database', new Pool()],
    ['database', { pool: new Pool(), embedded: { dataDir: 'x' } }],
    ['threadOptions', { env: { 'A=B': 'c' } }],
    ['threadOptions', { preload: ['./relative.js'] }],
    ['workers', { 0: '/a.js' }],
  ])('refuse %s: %o', (key, wrong) => {
    const paths = pathsOf({ database: url, [key]: wrong })

    expect(paths.map((path) => path.split(/[.[]/)[0])).toEqual([key])
  })
})
