/** What is accepted comes back as it was given, to the value, through every layer. */
import * as fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { ConfigError } from '../../src/errors.ts'
import type { JsonObject, JsonValue } from '../../src/job/json.ts'
import { Oban } from '../../src/oban.ts'
import { defineWorker } from '../../src/worker.ts'
import { record } from '../../src/worker/results.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()

const Same = defineWorker({
  name: 'Same',
  args: typed<object>(),
  process: (job) => record(job.args),
})

const start = (options: object = {}) =>
  startOban({
    database: database.url,
    workers: [workerModule, Same],
    queues: { inline: { limit: 5, execution: 'inline' }, threads: { limit: 5 } },
    ...options,
  })

/** Whatever PostgreSQL takes as text. */
const text = fc
  .string({ unit: fc.oneof(fc.constantFrom('\u2028', '\uFFFF', '\\', '"', '😀'), fc.string()) })
  .map((value) => value.replaceAll('\0', '').toWellFormed())

/** Integers that no double holds, the smallest and the largest numbers, and the zero with a sign. */
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 2 ** 53 + 2, Number.MAX_VALUE, Number.MIN_VALUE, 1e21, 0.1 + 0.2),
)

const key = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toJSON', 'then', '', '0'))

const { value: json } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(text, number, fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  // Entries of the object itself: an assignment to __proto__ would not be one.
  object: fc
    .uniqueArray(fc.tuple(key, tie('value')), { selector: ([name]) => name, maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
}))

/** Neither the order of keys nor the sign of zero is kept by jsonb and JSON. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member

    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}

describe('args and meta', () => {
  test('of any JSON come back, from the database, from a thread, and as what was recorded', async () => {
    const { oban, told } = await start()
    await fc.assert(
      fc.asyncProperty(fc.array(json, { minLength: 20 }), async (values) => {
        const jobs = await oban.enqueueMany([
          Same.new({ values }, { queue: 'inline', meta: { values } }),
          { ...Same.new({ values }, { queue: 'threads' }), worker: 'Echo' },
        ])
        await Promise.all(jobs.map(({ id }) => told.ended(id)))
        for (const { id, args } of jobs) {
          const ran = await oban.getJob(id)
          expect(ran?.state).toBe('completed')
          const seen = [args, ran?.args, ran?.recorded].map(canonical)
          expect(seen).toEqual([1, 2, 3].map(() => canonical({ values })))
        }
        const kept = await oban.getJob(jobs[0]?.id ?? 0)
        expect(canonical(kept?.meta['values'])).toBe(canonical(values))
      }),
      { numRuns: 5 },
    )
  })

  test.each(['inline', 'threads'])('of 10 MB go through a queue %s', async (queue) => {
    const { oban, told } = await start()
    const worker = queue === 'inline' ? 'Same' : 'Echo'
    // Most of it one text, the rest many members.
    const args = {
      text: randomBytes(4_500_000).toString('hex'),
      list: Array.from({ length: 20_000 }, (_, n) => ({ n, text: 'x'.repeat(25) })),
    }
    const meta = { text: 'x'.repeat(1_000_000) }
    const tags = ['t'.repeat(1_000_000)]
    const { id } = await oban.enqueue(worker, args, { queue, meta, tags })
    const small = await oban.enqueue(worker, { n: 1 }, { queue })
    await told.ended(id)
    await told.ended(small.id)

    const job = await oban.getJob(id)
    expect([job?.state, job?.attempt, job?.tags, job?.meta['text']]).toEqual([
      'completed',
      1,
      tags,
      meta.text,
    ])
    expect(canonical(job?.args)).toBe(canonical(args))
    expect(canonical(job?.recorded)).toBe(canonical(args))
    expect((await oban.getJob(small.id))?.state).toBe('completed')
  })

  test('above the bound of the instance are refused, and nothing is stored', async () => {
    const { oban } = await start({ maxArgsBytes: 10_000_000 })
    await database.query('TRUNCATE oban_jobs')
    const large = { text: 'ä'.repeat(5_000_000) }
    const refused = oban.enqueueMany([Same.new({ n: 1 }), Same.new(large)])

    await expect(refused).rejects.toMatchObject({
      code: 'OBAN_INVALID_ARGS',
      message:
        'invalid args for worker "Same": [1]: have 10000011 bytes as JSON; ' +
        '`maxArgsBytes` allows 10000000',
    })
    expect(await database.query('SELECT id FROM oban_jobs')).toEqual([])
  })
})

describe('names', () => {
  const name = fc.oneof(
    text.map((value) => value.slice(0, 60).toWellFormed()),
    fc.constantFrom('__proto__', '"; DROP TABLE oban_jobs; --', '$1', '%s', '*', '😀'.repeat(127)),
    fc.constantFrom('q'.repeat(128), '', 'a\0b', 'a\uD800', '\uDC00'),
  )

  test('of nodes, instances and queues are used as they are, or refused', async () => {
    await fc.assert(
      fc.asyncProperty(name, name, name, async (instance, node, queue) => {
        let made: Oban
        try {
          made = new Oban({
            database: database.url,
            workers: [Same],
            name: instance,
            node,
            queues: Object.fromEntries([[queue, { limit: 1, execution: 'inline' }]]),
            logger: false,
          })
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)

          return
        }
        await made.start()
        try {
          const { id } = await made.enqueue(Same.new({ n: 1 }, { queue }))
          expect(await made.waitForJob(id)).toMatchObject({ state: 'completed', queue })
          expect((await made.getJob(id))?.attemptedBy[0]).toBe(node)
          expect(made.checkQueue(queue)).toMatchObject({ queue, node })
          expect((await made.health()).node).toBe(node)
        } finally {
          await made.stop()
        }
      }),
      { numRuns: 8, endOnFailure: true },
    )
  })

  test('of schemas are quoted wherever they stand', async () => {
    let schemas = 0
    await fc.assert(
      fc.asyncProperty(text, async (some) => {
        schemas += 1
        const prefix = `"${schemas}${some}`.slice(0, 9).toWellFormed()
        const client = await database.pool.connect()
        await install(client, { prefix }).finally(() => client.release())
        const { oban, told } = await start({ prefix })
        const [row] = await oban.enqueueMany([Same.new({ n: 1 }, { queue: 'inline' })])
        await told.ended(row?.id ?? 0)
        await oban.pauseQueue('inline')
        expect(await oban.countJobs({ states: ['completed'] })).toMatchObject([{ count: 1 }])
        await oban.stop()
      }),
      { numRuns: 2, endOnFailure: true },
    )
  })
})
