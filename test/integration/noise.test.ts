/** Anybody with access to the database can send notifications: none of them may harm a node. */
import * as fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()

/** The longest that PostgreSQL passes on. */
const MOST = 7_999

const gzipped = (text: string, level = 9) => gzipSync(text, { level }).toString('base64')

/** Words that mean something to a node, so that more than the first look is passed. */
const word = fc.constantFrom(
  'pause',
  'resume',
  'scale',
  'start',
  'stop',
  'pkill',
  'portrait',
  'await',
  'resign',
  'any',
  '*',
  'media',
  'Oban',
  '__proto__',
  'toString',
  '0a1b2c3d',
)
const keys = fc.constantFrom(
  'action',
  'queue',
  'limit',
  'threads',
  'paused',
  'options',
  'job_id',
  'ident',
  'name',
  'node',
  'reply',
  'ids',
  'ping',
  'answer',
  'part',
  'parts',
  'data',
  '__proto__',
)
const value = fc.oneof(word, fc.jsonValue({ maxDepth: 2 }), fc.double(), fc.array(fc.integer()))
const message = fc
  .uniqueArray(fc.tuple(keys, value), { selector: ([name]) => name, maxLength: 6 })
  // Nothing that would be obeyed: what is asked for is another test's.
  .map((entries) => Object.fromEntries([...entries, ['queue', 'elsewhere']]))

const payload = fc
  .oneof(
    message.map((some) => JSON.stringify(some)),
    message.map((some) => gzipped(JSON.stringify(some))),
    message.map((some) => `Z:${gzipped(JSON.stringify(some))}`),
    message.map((some) => JSON.stringify(some).slice(0, -2)),
    message.map((some) => gzipped(JSON.stringify(some)).slice(0, -5)),
    fc.string({ unit: 'binary' }),
    fc.base64String({ maxLength: MOST }),
    fc.constantFrom(
      '{"queue":',
      'null',
      '[]',
      `{"queue": ${'['.repeat(3_900)}${']'.repeat(3_900)}}`,
      // Five megabytes, and half a gigabyte's worth of levels, in some kilobytes.
      gzipped('x'.repeat(5_000_000)),
      gzipped(`{"queue": "${'x'.repeat(250_000)}"}`),
      gzipped(`{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
      `{"node": "${'n'.repeat(7_900)}", "ping": true}`,
      `{"queue": "${'q'.repeat(7_900)}"}`,
    ),
  )
  .map((text) => text.replaceAll('\0', '').toWellFormed())
  .filter((text) => Buffer.byteLength(text) <= MOST)

const notification = fc.tuple(fc.constantFrom('insert', 'signal', 'sonar', 'ts'), payload)

const send = (some: readonly (readonly [string, string])[]) =>
  database.query(
    `SELECT pg_notify('public.oban_' || channel, payload)
       FROM jsonb_to_recordset($1) AS noise (channel text, payload text)`,
    [JSON.stringify(some.map(([channel, text]) => ({ channel, payload: text })))],
  )

async function start() {
  const started = await startOban({
    database: database.url,
    node: 'web.1',
    workers: [workerModule],
    queues: { media: 5 },
    // Jobs are found by what is heard, and by nothing else.
    stager: { interval: { hours: 1 } },
  })
  await started.told.hears()

  return started
}

/** A job that another node announces. */
async function announced(): Promise<number> {
  const [row] = await database.query<{ id: string }>(
    `WITH inserted AS (
       INSERT INTO oban_jobs (worker, queue, args) VALUES ('Echo', 'media', '{}') RETURNING id)
     SELECT id, pg_notify('public.oban_insert', '{"queue": "media"}') FROM inserted`,
  )

  return Number(row?.id)
}

describe('notifications', () => {
  test('of any content leave a node as it was, and it hears the next', async () => {
    const { oban, told } = await start()
    const before = oban.checkQueue('media')
    await fc.assert(
      fc.asyncProperty(fc.array(notification, { minLength: 20, maxLength: 60 }), async (some) => {
        await send(some)
        await told.ended(await announced())
      }),
      { numRuns: 15, endOnFailure: true },
    )

    expect(oban.checkAllQueues().map(({ queue }) => queue)).toEqual(['media'])
    expect(oban.checkQueue('media')).toMatchObject({ uuid: before?.uuid, limit: 5, paused: false })
    expect(told.all('supervisor.report')).toEqual([])
    expect(told.all('query.failed')).toEqual([])
    expect(['clustered', 'solitary']).toContain((await oban.health()).notifier)
  })

  test('in a flood, of the longest, and of ever new nodes, do not keep it from its jobs', async () => {
    const { oban, told } = await start()
    const long = gzipped('x'.repeat(250_000)).padEnd(MOST, '=')
    await database.query(
      `SELECT pg_notify('public.oban_signal', $1 || n) FROM generate_series(1, 500) AS n`,
      [long.slice(0, MOST - 4)],
    )
    await database.query(
      `SELECT pg_notify('public.oban_sonar', json_build_object('node', 'n' || n, 'ping', true)::text)
         FROM generate_series(1, 3000) AS n`,
    )
    await database.query(
      `SELECT pg_notify('public.oban_ts', json_build_object(
                'action', 'await', 'reply', lpad(to_hex(n), 8, '0'), 'ids', array_agg(n * 400 + id))::text)
         FROM generate_series(1, 500) AS n, generate_series(1, 300) AS id GROUP BY n`,
    )
    await told.ended(await announced())
    // One that is behind may take its session for lost, and finds the job when it listens again.
    await told.ended(await announced())

    expect(told.all('supervisor.report')).toEqual([])
    expect(oban.checkQueue('media')).toMatchObject({ paused: false })
  })
})
