/** Rows of `oban_jobs` as other programs, and people, may write them: whatever the table takes. */
import * as fc from 'fast-check'

/** SQL expressions by column; a column that is absent has its default. */
export type HandWritten = Readonly<Record<string, string>>

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('__proto__', 'constructor', 'x'.repeat(100_000), '\u0001\u001B[31m', '\u202E'),
)

const storable = text.map((value) => value.replaceAll('\0', '').toWellFormed())

/** JSON of every kind, with numbers that JavaScript does not have. */
const json = fc.oneof(
  { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)) },
  fc.constantFrom(
    'null',
    '"text"',
    '1',
    'false',
    '[]',
    '{}',
    '1e400',
    '-1e-400',
    '123456789012345678901234567890',
    '{"__proto__": {"polluted": true}, "constructor": {"prototype": {}}, "toJSON": 1, "then": 2}',
    `${'['.repeat(2_000)}${']'.repeat(2_000)}`,
    `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`,
    `{"big": ${JSON.stringify('x'.repeat(1_000_000))}}`,
  ),
)
const jsonb = json
  .filter((value) => !value.includes(String.raw`\u0000`) && value.isWellFormed())
  .filter((value) => !/\\u[dD][89a-fA-F]/.test(value))

/** What we, Oban for Elixir and Oban Pro keep there. */
const known = fc.constantFrom(
  'snoozed',
  'rescued',
  'suspect',
  'recorded',
  'return',
  'unique',
  'uniq',
  'uniq_key',
  'unique_bmp',
  'cron',
  'cron_expr',
  'cron_tz',
  'cron_name',
  'cron_at',
  'traceparent',
  'tracestate',
  'orig_scheduled_at',
  'structured',
)

const meta = fc.oneof(
  fc.constant('NULL'),
  jsonb.map(literal),
  fc
    .uniqueArray(fc.tuple(known, jsonb), { selector: ([key]) => key, maxLength: 4 })
    .map((members) => members.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(', '))
    .map((members) => literal(`{${members}}`)),
)

const errors = fc
  .array(fc.oneof(fc.constant('NULL'), jsonb.map(literal)), { maxLength: 3 })
  .map((entries) => `ARRAY[${entries.join(', ')}]::jsonb[]`)

const textArray = fc.oneof(
  fc.constantFrom('NULL', `'{}'`, `'{NULL}'`, `'{{a,b},{c,d}}'`, `'[5:6]={a,b}'`),
  fc
    .array(storable, { maxLength: 3 })
    .map((entries) => `ARRAY[${entries.map(literal).join(', ')}]::text[]`),
)

/** Nobody's: whose claims are compared with, and rescued, by them. */
const claimant = fc.oneof(
  textArray,
  fc.uuid().map((uuid) => `ARRAY['gone', '${uuid}', 'more']`),
)

const moment = fc.oneof(
  fc.constantFrom(
    `'infinity'`,
    `'-infinity'`,
    `'0044-03-15 00:00:00 BC'`,
    `'4713-01-01 00:00:00 BC'`,
    `'294276-12-31 23:59:59.999999'`,
    `'1969-12-31 23:59:59.999999'`,
    'now()',
  ),
  fc.integer({ min: -1e9, max: 1e9 }).map((seconds) => `now() + interval '${seconds} seconds'`),
)

const attempts = fc.oneof(
  fc.constantFrom([0, 1], [1, 2], [19, 20], [20, 20], [32_767, 32_767], [40_000, 50_000]),
  fc.constantFrom([2_147_483_646, 2_147_483_647], [2_147_483_647, 2_147_483_647]),
)

const states = fc.constantFrom(
  'available',
  'available',
  'available',
  'scheduled',
  'retryable',
  'executing',
  'suspended',
  'completed',
  'discarded',
  'cancelled',
)

/**
 * Any row of one of the queues.
 *
 * @param workers - names that the nodes of the test know; others are made as well
 */
export function handWritten(queues: readonly string[], workers: readonly string[]) {
  const worker = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...workers) },
    storable.filter((name) => name !== '' && Array.from(name).length < 128),
  )
  const columns = fc.record(
    {
      args: jsonb.map(literal),
      meta,
      errors,
      tags: textArray,
      attempted_by: claimant,
      attempts,
      priority: fc.oneof(fc.nat(9), fc.constantFrom(10, 32_767, 2_000_000_000)).map(String),
      inserted_at: moment,
      scheduled_at: moment,
      attempted_at: fc.oneof(moment, fc.constant('NULL')),
      completed_at: fc.oneof(moment, fc.constant('NULL')),
      cancelled_at: fc.oneof(moment, fc.constant('NULL')),
      discarded_at: fc.oneof(moment, fc.constant('NULL')),
    },
    { requiredKeys: [] },
  )

  return fc
    .tuple(fc.constantFrom(...queues), worker, states, columns)
    .map(([queue, name, state, { attempts: [attempt, most] = [0, 20], ...given }]): HandWritten => {
      const counts = { attempt: String(attempt), max_attempts: String(most) }

      return {
        queue: literal(queue),
        worker: literal(name),
        state: literal(state),
        ...counts,
        ...given,
      }
    })
}

/** The statement that stores a row. */
export function insertOf(row: HandWritten): string {
  const columns = Object.keys(row)

  return `INSERT INTO oban_jobs (${columns.join(', ')}) VALUES (${Object.values(row).join(', ')})`
}
