import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { Pool } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import { ConfigError, type Problem } from '../src/errors.ts'
import type { ObanOptions } from '../src/config/options.ts'

const folder = mkdtempSync(join(tmpdir(), 'oban-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const url = 'postgres://localhost/app'

const media = { limit: 4, threads: 4, execution: 'inline', paused: true, prefetch: 7 } as const
const queueDefaults = { threads: 1, execution: 'threads', paused: false, prefetch: 0 }

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

/** Parse what no type would allow. */
function parseAnything(options: unknown): unknown {
  return Reflect.apply(parseConfig, undefined, [options])
}

function problemsOf(options: unknown): readonly Problem[] {
  try {
    parseAnything(options)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }

  return []
}

function pathsOf(options: unknown): string[] {
  return problemsOf(options).map(({ path }) => path)
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
      queues: { default: 10, media },
      threadOptions: {
        env: { TZ: 'UTC' },
        resourceLimits: { maxOldGenerationSizeMb: 128 },
        preload: ['tsx/esm', '/opt/pre load.js', new URL('file:///opt/other.js')],
      },
      stager: { interval: { seconds: 1, milliseconds: 500 }, limit: 10 },
      lifeline: false,
      unknownWorkers: 'fail',
      shutdownGracePeriod: 'infinity',
      maxArgsBytes: 1_024,
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
        { name: 'media', ...media },
      ],
      threadOptions: {
        env: { TZ: 'UTC' },
        resourceLimits: { maxOldGenerationSizeMb: 128 },
        preload: ['tsx/esm', 'file:///opt/pre%20load.js', 'file:///opt/other.js'],
      },
      stager: { intervalMs: 1_500, limit: 10 },
      lifeline: false,
      unknownWorkers: 'fail',
      shutdownGracePeriodMs: Number.POSITIVE_INFINITY,
      maxArgsBytes: 1_024,
      logger: 'json',
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

    expect(problemsOf({ workers: [missing, folder, './relative.js', new URL('data:,')] })).toEqual([
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

describe('config problems', () => {
  test('name the database when there are queues', () => {
    expect(pathsOf({ queues: { media: 1 } })).toEqual(['database'])
    expect(pathsOf({ queues: { media: 1 }, database: undefined })).toEqual(['database'])
    expect(pathsOf({ queues: {}, database: undefined })).toEqual([])
  })

  test('are told all at once, with what was expected and found', () => {
    const queues = { media: { limit: 0 }, mailers: { limit: 2, threads: 3 }, '': -1 }

    expect(problemsOf({ queues, stager: { limit: 1.5 }, prefix: '' })).toEqual([
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

    expect(problemsOf({ shutdownGracePeriod: 15, stager: { interval: 15 } })).toEqual([
      { path: 'stager.interval', message },
      { path: 'shutdownGracePeriod', message },
    ])
  })

  test('keep durations within what a timer can wait', () => {
    expect(pathsOf({ stager: { interval: { milliseconds: 0 } } })).toEqual(['stager.interval'])
    expect(pathsOf({ stager: { interval: 'infinity' } })).toEqual(['stager.interval'])
    expect(pathsOf({ shutdownGracePeriod: { weeks: 4 } })).toEqual(['shutdownGracePeriod'])
    expect(pathsOf({ shutdownGracePeriod: { seconds: 0 } })).toEqual([])
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

describe('config from hostile input', () => {
  const throwing = {
    get limit(): number {
      throw new Error('boom')
    },
  }
  const cyclic: Record<string, unknown> = { limit: 1 }
  cyclic['self'] = cyclic
  const proxy = new Proxy({ limit: 1 }, { get: () => expect.fail('was read') })

  test.each([
    ['null', null, ''],
    ['a class instance', new Date(), ''],
    ['an unreadable proxy', new Proxy({}, { ownKeys: () => expect.fail('was read') }), ''],
    ['a getter that throws', { stager: throwing }, 'stager.limit'],
    ['a cycle', { database: url, queues: { media: cyclic } }, 'queues.media.self'],
    ['__proto__ from JSON', JSON.parse('{"queues":{"__proto__":1}}'), 'queues.__proto__'],
    ['__proto__ at the root', JSON.parse('{"__proto__":{"name":"x"}}'), '__proto__'],
    ['a sparse array', { workers: Array.from({ length: 20_000 }) }, 'workers'],
    ['a hostile logger', { logger: new Proxy({}, { get: () => expect.fail('read') }) }, 'logger'],
    [
      'a hostile worker',
      { workers: [new Proxy({}, { has: () => expect.fail('') })] },
      'workers[0]',
    ],
    ['a hostile proxy inside', { stager: proxy }, 'stager.limit'],
    ['a symbol', { name: Symbol('x') }, 'name'],
    ['a bigint', { maxArgsBytes: 5n }, 'maxArgsBytes'],
  ])('names %s', (_, options, path) => {
    expect(pathsOf(options)).toEqual([path])
  })

  test('runs queues named like members of Object.prototype', () => {
    const queues = { constructor: 1, toString: { limit: 2 }, hasOwnProperty: 3 }

    expect(parseConfig({ database: url, queues }).queues.map(({ name }) => name)).toEqual([
      'constructor',
      'toString',
      'hasOwnProperty',
    ])
  })

  const keys = Object.keys({
    ...parseConfig(),
    shutdownGracePeriod: 0,
    limit: 0,
    interval: 0,
    seconds: 0,
    pool: 0,
    embedded: 0,
    env: 0,
    preload: 0,
    __proto__: null,
  })
  const key = fc.oneof(fc.constantFrom(...keys, '__proto__', 'constructor'), fc.string())
  const { options: shaped } = fc.letrec((tie) => ({
    leaf: fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.anything({ maxDepth: 1, maxKeys: 3 })),
    options: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('options')), {
      maxKeys: 5,
    }),
  }))

  test.each([
    ['JSON', fc.jsonValue()],
    ['objects with our keys', shaped],
    ['anything', fc.anything({ withNullPrototype: true, withMap: true, withSparseArray: true })],
  ])('either parses or refuses %s, with a path', (_, input) => {
    fc.assert(
      fc.property(input, (options) => {
        for (const { path, message } of problemsOf(options)) {
          expect(typeof path).toBe('string')
          expect(message).toMatch(/^(expected|is not|cannot|there is no|has|the options) /)
        }
        expect(Object.keys(Object.prototype)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})
