import { randomUUID } from 'node:crypto'
import type { Client, QueryResultRow } from 'pg'
import { describe, expect, test } from 'vitest'
import { nodeClocks } from '../../../src/cli/doctor/nodes.ts'
import { livingProducers } from '../../../src/engine/producers.ts'
import { describeSchema } from '../../../src/engine/schema.ts'
import { startOban } from '../../support/oban.ts'
import { portraitOf } from '../../support/portrait.ts'
import { createShared, origins } from '../../support/shared-schemas.ts'
import { untilRows } from '../../support/until-rows.ts'
import { examined } from './examined.ts'

const steps = (who: string) => origins.find((origin) => origin.who === who)?.steps ?? []

const start = (who = 'us') => createShared(steps(who))

interface Beat {
  readonly node?: string
  readonly queue?: string
  readonly silent?: string
  readonly dead?: boolean
}

/** A row of a producer, as a node of another process has it. */
async function beat(client: Client, options: Beat = {}): Promise<string> {
  const { node = 'web-1', queue = 'media', silent = '2 seconds', dead = false } = options
  const uuid = randomUUID()
  await client.query(
    `INSERT INTO oban_ts_producers (uuid, name, node, queue, updated_at, dead_at)
     VALUES ($1, 'Oban', $2, $3, timezone('UTC', now()) - $4::interval,
             CASE WHEN $5::boolean THEN timezone('UTC', now()) END)`,
    [uuid, node, queue, silent, dead],
  )

  return uuid
}

describe('nodes', () => {
  test('of which none lives are a note', async () => {
    const { url } = await start()

    expect((await examined(url)).of('nodes')).toMatchObject({
      result: 'note',
      todo: ['oban start'],
    })
  })

  test('that live are well, and known to be led', async () => {
    const { url } = await start()
    const { oban, told } = await startOban({
      database: url,
      node: 'web-7',
      workers: [new URL('../../fixtures/bodies.js', import.meta.url)],
      queues: { default: 1 },
    })
    await told.until('peer.election', ({ leader }) => leader)
    const found = await examined(url)

    expect(found.of('nodes').found).toBe(`1 node: ${oban.name} on web-7`)
    expect(found.of('leader').found).toBe(`web-7 leads ${oban.name}`)
    expect(found.of('node-clocks').found).toBe('1 node and this machine agree')
    expect(found.with('warning')).toEqual(['durability'])
  })

  test('that fell silent, and that nobody leads, are warnings', async () => {
    const { url, client } = await start()
    await beat(client)
    await beat(client, { node: 'web-2', silent: '5 minutes' })
    await beat(client, { node: 'web-3', silent: '3 days', dead: true })
    const found = await examined(url)

    expect(found.of('nodes').found).toBe('1 node: Oban on web-1')
    expect(found.of('silent-producers')).toMatchObject({
      result: 'warning',
      found: expect.stringMatching(/^media on web-2 for 5 min \d+ s, media on web-3 for 3 days$/),
    })
    expect(found.of('leader')).toMatchObject({ result: 'warning', found: 'nobody leads Oban' })
  })

  test('are looked at whatever times somebody has written', async () => {
    const { url, client } = await start()
    for (const at of ['infinity', '-infinity', '294276-12-31', '4713-01-01 BC']) {
      const uuid = await beat(client, { node: at })
      await client.query(`
        UPDATE oban_ts_producers SET updated_at = '${at}' WHERE uuid = '${uuid}';
        INSERT INTO oban_ts_leaders VALUES ('${at}', 'web-1', '${at}', '${at}');
        INSERT INTO oban_ts_crons VALUES ('cron ${at}', 'a', '${at}')`)
    }
    const found = await examined(url)
    const { rows } = await client.query(
      `SELECT round(extract(epoch FROM now()) / 86400)::text AS days`,
    )
    const days = Number(rows[0].days).toLocaleString('en')

    expect(found.of('nodes').found).toBe('2 nodes: Oban on 294276-12-31, Oban on infinity')
    expect(found.of('silent-producers').found).toBe(
      `media on -infinity for ${days} days, media on 4713-01-01 BC for ${days} days`,
    )
    expect(found.of('cron-entries').found).toContain(
      'those of cron infinity; the last was inserted 0 ms ago',
    )
    const living = await livingProducers({ client, prefix: 'public', named: false })
    expect(living.map(({ node, age }) => [node, Number(age)])).toEqual([
      ['294276-12-31', 0],
      ['infinity', 0],
    ])
  })

  test('leave entries of their crontab when their instance goes', async () => {
    const { url, client } = await start()
    await client.query(`
      INSERT INTO oban_ts_crons VALUES ('gone', 'a', timezone('UTC', now()) - interval '9 days'),
                                       ('late', 'a', timezone('UTC', now()) - interval '2 minutes')`)

    expect((await examined(url)).of('cron-entries')).toEqual({
      result: 'note',
      found: expect.stringMatching(
        /of gone; the last .* 9 days ago, .* of late; .* 2 min \d+ s ago$/,
      ),
      todo: [
        `DELETE FROM "public"."oban_ts_crons" WHERE instance = 'gone';  -- if it is gone for good`,
      ],
    })
  })

  test('have clocks, which are compared with the time of the question', async () => {
    const { client } = await start()
    const db = { client, prefix: 'public', named: false }
    const place = { prefix: 'public', schema: await describeSchema(db) }
    const judge = (aheadMs: number) => {
      const at = new Date(50_000 + aheadMs)
      const portraits = [{ ...portraitOf(), at }]
      const heard = { outcome: 'heard', isPooled: false, portraits } as const

      return nodeClocks.judge({ ...heard, fromMs: 50_000, toMs: 51_000 }, place)
    }

    expect(judge(500).result).toBe('ok')
    expect(judge(2_900).result).toBe('ok')
    expect(judge(3_100)).toMatchObject({
      result: 'warning',
      found: 'Oban on web-1 is 2.1 s ahead',
    })
    expect(judge(-60_000).found).toBe('Oban on web-1 is 1 min 0 s behind')
  })

  test('of other languages that lead are told, with what they do to our jobs', async () => {
    const { url, client } = await start('us, then oban-py')
    await client.query(`
      INSERT INTO oban_leaders VALUES ('Oban', 'py-1', now(), timezone('UTC', now()) + interval '1 hour');
      INSERT INTO oban_peers VALUES ('Oban', 'ex-1', now(), timezone('UTC', now()) + interval '1 hour')`)
    const found = await examined(url)

    expect(found.of('oban-py')).toMatchObject({
      result: 'warning',
      found: 'py-1 leads; its rescue age is 300 s unless it was set',
    })
    expect(found.of('elixir')).toMatchObject({ result: 'note', found: 'ex-1 leads' })
  })

  test('of oban-py that only live are told', async () => {
    const { url, client } = await start('us, then oban-py')
    await client.query('INSERT INTO oban_producers (uuid, node, queue) VALUES ($1, $2, $3)', [
      randomUUID(),
      'py-1',
      'python',
    ])

    expect((await examined(url)).of('oban-py')).toMatchObject({
      result: 'note',
      found: 'lives: py-1',
    })
  })
})

const claim = (client: Client, uuid: string | null) =>
  client.query(
    `INSERT INTO oban_jobs (state, worker, args, attempt, attempted_by, attempted_at)
     VALUES ('executing', 'W', '{}', 1, ARRAY['web-9', $1::text],
             timezone('UTC', now()) - interval '10 minutes')`,
    [uuid],
  )
const wait = (client: Client, queue: string, seconds: number) =>
  client.query(
    `INSERT INTO oban_jobs (worker, args, queue, scheduled_at)
     VALUES ('W', '{}', $1, timezone('UTC', now()) - make_interval(secs => $2))`,
    [queue, seconds],
  )

describe('jobs', () => {
  test('of unknown producers are orphans, which the statement lets go on', async () => {
    const { url, client } = await start()
    await claim(client, randomUUID())
    await claim(client, await beat(client))
    const found = await examined(url)

    expect(found.of('orphans')).toEqual({
      result: 'warning',
      found: expect.stringMatching(/^1 executing for up to 10 min \d+ s, claimed by web-9$/),
      todo: [
        `UPDATE "public"."oban_jobs" SET state = 'available' WHERE state = 'executing' AND id IN (1);  -- if their nodes are gone`,
      ],
    })
    await client.query(found.of('orphans').todo[0] ?? '')
    expect((await examined(url)).of('orphans').result).toBe('ok')
  })

  test('of Elixir nodes may well be running', async () => {
    const { url, client } = await start()
    await claim(client, randomUUID())
    await wait(client, 'elixir', 90)
    await client.query(
      "INSERT INTO oban_peers VALUES ('Oban', 'ex-1', now(), timezone('UTC', now()) + interval '1 hour')",
    )
    const found = await examined(url)

    expect([found.of('orphans').result, found.of('unserved-queues').result]).toEqual([
      'note',
      'note',
    ])
  })

  test('in a queue that no node runs wait for ever', async () => {
    const { url, client } = await start()
    await beat(client, { queue: 'media' })
    await wait(client, 'media', 400)
    await wait(client, 'mail', 90)
    await wait(client, 'young', 1)
    const found = await examined(url)

    expect(found.of('unserved-queues')).toEqual({
      result: 'warning',
      found: expect.stringMatching(/^mail: 1 available, the oldest for 1 min \d+ s$/),
      todo: ['oban start --queues mail:10  # or name them in `queues` of a node'],
    })
    expect(found.of('backlog')).toMatchObject({
      result: 'warning',
      found: expect.stringMatching(/^media: 1 available, the oldest for 6 min \d+ s$/),
    })
  })

  test('in a queue that somebody paused are told with it', async () => {
    const { url, client } = await start()
    const { told } = await startOban({
      database: url,
      node: 'web-7',
      workers: [new URL('../../fixtures/bodies.js', import.meta.url)],
      queues: { mail: { limit: 1, paused: true } },
    })
    await told.hears()
    expect((await examined(url)).of('paused-queues')).toMatchObject({
      result: 'note',
      found: 'mail on web-7; nothing waits there',
    })
    await wait(client, 'mail', 90)

    expect((await examined(url)).of('paused-queues')).toEqual({
      result: 'warning',
      found: expect.stringMatching(/^mail on web-7; waiting: mail: 1 available, .* 1 min \d+ s$/),
      todo: ["await oban.resumeQueue('mail')"],
    })
  })

  test('of a worker that no node defines are given back again and again', async () => {
    const { url, client } = await start()
    const { oban } = await startOban({
      database: url,
      node: 'web-7',
      workers: [new URL('../../fixtures/bodies.js', import.meta.url)],
      queues: { default: 1 },
    })
    await oban.enqueue('Nowhere', {})
    const query = async <Row extends QueryResultRow>(text: string) =>
      (await client.query<Row>(text)).rows
    const released = "SELECT id FROM oban_jobs WHERE state = 'scheduled'"
    await untilRows({ query }, released, (rows) => rows.length > 0)

    expect((await examined(url)).of('unknown-workers')).toMatchObject({
      result: 'warning',
      found: 'Nowhere in default (1 job)',
    })
  })
})
