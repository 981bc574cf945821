/** The schema of `ObanOptions`: what each option may be, and its default. */
import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { found, isPlain } from './input.ts'
import {
  age,
  bag,
  duration,
  either,
  integer,
  oneOf,
  durationOrForever,
  record,
  text,
  trueOrFalse,
  value,
} from './values.ts'
import { logger } from './logger-schema.ts'
import type { ObanOptions, PoolLike } from './options.ts'
import { cron } from './cron-schema.ts'
import { isName, limit, MOST, queues, resourceLimits, unloadable } from './queue-schema.ts'
import { reindexer } from './reindexer-schema.ts'
import { isDefinition, locateModule } from './worker-modules.ts'
import { testingModes } from '../testing-mode.ts'

/** A NOTIFY channel has at most 63 bytes, of which `.oban_…` needs its part. */
const LONGEST_PREFIX_BYTES = 40

/** After fewer jobs a vacuum costs more than it saves. */
const LEAST_VACUUMED = 1_000

function isFunction(given: unknown): boolean {
  return typeof given === 'function'
}

function hasMethods(given: unknown, methods: readonly string[]): boolean {
  if (typeof given !== 'object' || given === null) return false

  return methods.every((method) => isFunction(Reflect.get(given, method)))
}

/** Containers share host names and process ids, so these alone would not tell nodes apart. */
function defaultNode(): string {
  const suffix = randomInt(36 ** 4)
    .toString(36)
    .padStart(4, '0')

  return `${hostname().replaceAll(/\s+/g, '-')}-${process.pid}-${suffix}`
}

const pool = value<PoolLike>(
  (given) => hasMethods(given, ['connect', 'query']) && hasOptions(given),
  { expected: 'a pg.Pool (connect, query, options)' },
)

function hasOptions(given: unknown): boolean {
  const options: unknown = Reflect.get(Object(given), 'options')

  return typeof options === 'object' && options !== null
}

function address(expected: string) {
  return text(
    expected,
    (given) => /^(postgres(ql)?:\/\/|socket:|\/)/.test(given),
    // Whatever was written instead may hold a password.
    (given) => (typeof given === 'string' && given !== '' ? 'another string' : found(given)),
  )
}

const url = address("a connection string 'postgres://…'").optional()

const connection = address(
  "a connection string 'postgres://…', { pool } or { embedded: { dataDir } }",
).transform((given) => ({ kind: 'url' as const, url: given, listen: undefined }))

const dataDir = text('the path of a folder', (given) => given !== '')

const connectedBy = bag({
  url,
  pool: pool.optional(),
  embedded: bag({ dataDir }).optional(),
  listen: url,
}).transform(({ listen, ...given }, context) => {
  const only = Object.values<unknown>(given).filter((by) => by !== undefined).length === 1
  if (only && given.url !== undefined) return { kind: 'url' as const, url: given.url, listen }
  if (only && given.pool !== undefined) return { kind: 'pool' as const, pool: given.pool, listen }
  if (only && given.embedded !== undefined && listen === undefined) {
    return { kind: 'embedded' as const, dataDir: given.embedded.dataDir }
  }
  context.addIssue(
    only
      ? 'expected no listen beside embedded, which has no pooler'
      : 'expected either url, pool or embedded: exactly one of them',
  )

  return z.NEVER
})

const database = either<z.output<typeof connection> | z.output<typeof connectedBy>>((given) =>
  isPlain(given) ? connectedBy : connection,
)

const workers = z
  .array(z.unknown(), { error: ({ input }) => `expected an array, found ${found(input)}` })
  .transform((entries, context) => {
    const modules = new Set<string>()
    const definitions = new Set<object>()

    for (const [index, entry] of entries.entries()) {
      if (isDefinition(entry)) {
        definitions.add(entry)
        continue
      }
      const located = locateModule(entry)
      if ('href' in located) modules.add(located.href)
      else context.addIssue({ code: 'custom', path: [index], message: located.problem })
    }

    return { modules: [...modules], definitions: [...definitions] }
  })

const specifier = value<string | URL>(isSpecifier, {
  expected: 'a package name, a URL or an absolute path',
}).transform((given) => {
  if (given instanceof URL) return given.href

  return isAbsolute(given) ? pathToFileURL(given).href : given
})

/** Relative paths are refused: it would not be clear relative to which file. */
function isSpecifier(given: unknown): boolean {
  if (given instanceof URL) return true

  return typeof given === 'string' && given !== '' && !given.startsWith('.')
}

const setupModule = z.unknown().transform((entry, context) => {
  const located = locateModule(
    entry,
    "expected new URL('./setup.js', import.meta.url) or an absolute path",
  )
  if ('href' in located) return located.href
  context.addIssue(located.problem)

  return z.NEVER
})

const threadOptions = bag({
  env: record(
    'names of variables',
    (name) => /^[^=\0]+$/.test(name),
    // A value that is no string may still be a secret that lost its quotes.
    value<string>((given) => typeof given === 'string' && !given.includes('\0'), {
      expected: 'a string',
      describe: (given) => `a ${typeof given}`,
    }),
  ).default({}),
  resourceLimits: resourceLimits.default({}),
  preload: z
    .array(specifier, { error: ({ input }) => `expected an array, found ${found(input)}` })
    .default([]),
  setup: setupModule.optional(),
  bootTimeout: duration(1).prefault({ seconds: 60 }),
})

const lifeline = either<boolean>((given) =>
  isPlain(given)
    ? bag({}).transform(() => true)
    : value<false>((other) => other === false, { expected: '{} or false' }),
)

const prunerOptions = bag({
  maxAge: age().prefault({ days: 1 }),
  ages: bag({
    completed: age().optional(),
    cancelled: age().optional(),
    discarded: age().optional(),
  }).default({}),
  limit: limit.default(10_000),
  interval: duration(1).prefault({ seconds: 30 }),
}).transform(({ maxAge, ages, limit: most, interval }) => ({
  ages: {
    completed: ages.completed ?? maxAge,
    cancelled: ages.cancelled ?? maxAge,
    discarded: ages.discarded ?? maxAge,
  },
  limit: most,
  intervalMs: interval,
}))

const pruner = either<z.output<typeof prunerOptions> | false>((given) =>
  given === false ? z.literal(false) : prunerOptions,
)

const metricsOptions = bag({
  counts: trueOrFalse().default(true),
  estimateAbove: limit.default(50_000),
}).transform(({ counts, estimateAbove }) => ({ counts, estimateAbove }))

const metrics = either<z.output<typeof metricsOptions> | false>((given) =>
  isPlain(given)
    ? metricsOptions
    : value<boolean>((other) => typeof other === 'boolean', {
        expected: 'true, false or an object with counts, estimateAbove',
      }).transform((isOn) => (isOn ? metricsOptions.parse({}) : false)),
)

const vacuum = either<{ every: number } | false>((given) =>
  given === false
    ? z.literal(false)
    : bag({ every: integer(LEAST_VACUUMED, MOST).default(100_000) }),
)

const commit = oneOf('off', 'local', 'remote_write', 'on', 'remote_apply').optional()

const shape = {
  database: database.optional(),
  name: text('a name of 1 to 127 characters', isName).default('Oban'),
  node: text('a name of 1 to 127 characters without spaces', (given) => {
    return isName(given) && !/\s/.test(given)
  }).default(defaultNode),
  prefix: text(`a schema name of 1 to ${LONGEST_PREFIX_BYTES} bytes`, (given) => {
    return given !== '' && Buffer.byteLength(given) <= LONGEST_PREFIX_BYTES
  }).default('public'),
  workers: workers.prefault([]),
  queues: queues.default({}),
  threadOptions: threadOptions.prefault({}),
  stager: bag({
    interval: durationOrForever(1).prefault({ seconds: 1 }),
    limit: integer(1, MOST).default(5_000),
  }).prefault({}),
  lifeline: lifeline.prefault({}),
  pruner: pruner.prefault({}),
  cron: cron.prefault({}),
  metrics: metrics.default(false),
  vacuum: vacuum.prefault({}),
  reindexer: reindexer.default(false),
  leadership: trueOrFalse().default(true),
  notifier: oneOf('postgres', 'isolated').default('postgres'),
  synchronousCommit: bag({ fetch: commit, stage: commit }).prefault({}),
  unknownWorkers: oneOf('release', 'fail').default('release'),
  shutdownGracePeriod: durationOrForever(0).prefault({ seconds: 15 }),
  maxArgsBytes: integer(1, MOST).optional(),
  testing: oneOf(...testingModes).default('disabled'),
  // A function, as zod copies a default that looks like a plain object, and the console does.
  logger: logger.prefault(() => console),
  onFatal: value<(error: unknown) => void>(isFunction, { expected: 'a function' }).default(
    () => () => {},
  ),
} satisfies Record<keyof ObanOptions, z.ZodType>

export const optionNames: ReadonlySet<string> = new Set(Object.keys(shape))

export const optionsSchema = bag(shape)
  .superRefine(
    (options, context) => {
      // Queues with a problem count too, so this one is told along with theirs.
      const names = isPlain(options.queues) ? Object.keys(options.queues) : []
      if (options.database !== undefined || names.length === 0) return
      if (options.testing === 'inline') return
      const message =
        "expected a connection string 'postgres://…', { pool } or { embedded: { dataDir } }, " +
        'as there are queues, found nothing; is DATABASE_URL set?'
      context.addIssue({ code: 'custom', path: ['database'], message })
    },
    { when: ({ issues }) => areSound(issues, ['database']) },
  )
  .superRefine(
    ({ workers: known, queues: all }, context) => {
      for (const [name, { execution }] of Object.entries(all)) {
        const message = unloadable(execution, known)
        if (message !== undefined) {
          context.addIssue({ code: 'custom', path: ['queues', name], message })
        }
      }
    },
    { when: ({ issues }) => areSound(issues, ['workers', 'queues']) },
  )

/** Lets a check across options run beside the problems of other options: all are told at once. */
function areSound(issues: readonly z.core.$ZodRawIssue[], keys: readonly string[]): boolean {
  return issues.every(({ path = [] }) => path.length > 0 && !keys.includes(String(path[0])))
}
