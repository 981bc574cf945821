import { describe, expect, test } from 'vitest'
import {
  beatProducers,
  lookProducers,
  registerProducer,
  removeProducer,
  rescueJobs,
} from '../../src/engine/producers.ts'
import type { Db } from '../../src/engine/query.ts'
import { executing, schemas, useBench } from './statements.ts'

const rescue = (db: Db, uuid: string, beat = '0', limit = 100) =>
  rescueJobs(db, uuid, beat, '{"error": "OBAN_JOB_ORPHANED"}', 'test.rescue', limit)

const ago = (interval: string) => ({
  attempted_at: `timezone('UTC', now()) - interval '${interval}'`,
})

describe.each(schemas)('rescue_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test('puts back what a dead producer executed, with the attempt counted', async () => {
    const { db, queue, insert, job, producer, sql } = await start()
    const [uuid, other] = [await producer(), await producer()]
    const id = await insert(executing(uuid, { meta: `'{"a": 1}'` }))
    const foreign = await insert(executing(other))
    const done = await insert(executing(uuid, { state: `'completed'` }))

    expect(await rescue(db, uuid)).toMatchObject([{ id, queue, state: 'available' }])
    expect(await job(id)).toMatchObject({
      state: 'available',
      attempt: 1,
      errors: [],
      meta: { a: 1, rescued: 1 },
    })
    expect(await job(foreign)).toMatchObject({ state: 'executing' })
    expect(await job(done)).toMatchObject({ state: 'completed' })
    expect(
      await sql(
        'SELECT dead_at IS NULL AS alive FROM /*prefix*/oban_ts_producers WHERE uuid = $1',
        [uuid],
      ),
    ).toEqual([{ alive: false }])
  })

  test('goes by the life of the producer, never by the age of a job', async () => {
    const { db, insert, job, producer } = await start()
    const [dead, alive] = [await producer(), await producer()]
    const young = await insert(executing(dead, ago('1 second')))
    const old = await insert(executing(alive, ago('91 days')))
    await beatProducers(db, [alive])

    expect([await rescue(db, dead), await rescue(db, alive)]).toMatchObject([[{ id: young }], []])
    expect(await job(old)).toMatchObject({ state: 'executing', attempt: 1 })
  })

  test('finds a job behind a thousand that are held, and behind a thousand of living nodes', async () => {
    const { db, insert, job, producer, session, sql } = await start()
    const [dead, alive] = [await producer(), await producer()]
    const many = (uuid: string) =>
      sql(
        `INSERT INTO /*prefix*/oban_jobs (worker, queue, state, attempt, attempted_at, attempted_by)
         SELECT 'Many', $1::text, 'executing', 1, '2030-01-01', ARRAY['node', $1::text]
           FROM generate_series(1, 1000)`,
        [uuid],
      )
    await many(dead)
    await many(alive)
    const last = await insert(executing(dead))
    await beatProducers(db, [alive])
    const { client } = await session()
    await client.query('BEGIN')
    await client.query(`SELECT FROM "${prefix}".oban_jobs WHERE queue = $1 FOR UPDATE`, [dead])

    expect(await rescue(db, dead, '0', 10)).toMatchObject([{ id: last }])
    await client.query('ROLLBACK')
    expect(await rescue(db, dead, '0', 2_000)).toHaveLength(1_000)
    expect(await job(last)).toMatchObject({ state: 'available' })
  })

  test('discards a job that had no attempt left, and says why', async () => {
    const { db, insert, job, producer } = await start()
    const uuid = await producer()
    const id = await insert(executing(uuid, { attempt: '3', max_attempts: '3' }))

    expect(await rescue(db, uuid)).toMatchObject([{ id, state: 'discarded' }])
    expect(await job(id)).toMatchObject({
      state: 'discarded',
      attempt: 3,
      discarded_at: expect.stringMatching(/^\d{4}-/),
      errors: [
        { attempt: 3, error: 'OBAN_JOB_ORPHANED', at: expect.stringMatching(/^\d{4}-.*\dZ$/) },
      ],
    })
  })

  test('restores the attempt of a producer that claims ahead, up to three times', async () => {
    const { db, insert, job, producer } = await start()
    const uuid = await producer('{"prefetch": 500}')
    const last = { attempt: '20', max_attempts: '20' }
    const first = await insert(executing(uuid))
    const third = await insert(executing(uuid, { ...last, meta: `'{"rescued": 2}'` }))
    const fourth = await insert(executing(uuid, { meta: `'{"rescued": 3}'` }))
    const tooMany = await insert(executing(uuid, { ...last, meta: `'{"rescued": 3}'` }))

    expect(await rescue(db, uuid)).toHaveLength(4)
    expect(await Promise.all([first, third, fourth, tooMany].map(job))).toMatchObject([
      { state: 'available', attempt: 0, meta: { rescued: 1 } },
      { state: 'available', attempt: 19, meta: { rescued: 3 }, errors: [] },
      { state: 'available', attempt: 1, meta: { rescued: 4 } },
      { state: 'discarded', attempt: 20, meta: { rescued: 4 } },
    ])
  })

  test('leaves a producer alone whose heart has beaten again', async () => {
    const { db, insert, job, producer } = await start()
    const uuid = await producer()
    const id = await insert(executing(uuid))
    await beatProducers(db, [uuid])

    expect(await rescue(db, uuid)).toEqual([])
    expect(await job(id)).toMatchObject({ state: 'executing' })
    expect(await beatProducers(db, [uuid])).toEqual([{ uuid }])
  })

  test('takes so many jobs at once, those of longest ago first, until none is left', async () => {
    const { db, insert, producer } = await start()
    const uuid = await producer()
    const ids: string[] = []
    for (let count = 0; count < 5; count += 1) ids.push(await insert(executing(uuid)))
    const pages: string[][] = []
    for (let page = 0; page < 4; page += 1) {
      const rows = await rescue(db, uuid, '0', 2)
      pages.push(rows.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b)))
    }

    expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4), []])
  })

  test('passes over a job that somebody holds, and finds it later', async () => {
    const { db, insert, job, producer, session, sql } = await start()
    const uuid = await producer()
    const [held, free] = [await insert(executing(uuid)), await insert(executing(uuid))]
    const { client } = await session()
    await client.query('BEGIN')
    await client.query(`SELECT FROM "${prefix}".oban_jobs WHERE id = $1 FOR UPDATE`, [held])
    expect(await rescue(db, uuid)).toMatchObject([{ id: free }])
    await client.query('ROLLBACK')
    expect(await removeProducer(db, uuid)).toEqual([])

    expect(await rescue(db, uuid)).toMatchObject([{ id: held }])
    expect(await job(held)).toMatchObject({ state: 'available', meta: { rescued: 1 } })
    expect(await removeProducer(db, uuid)).toEqual([{ uuid }])
    expect(await sql('SELECT FROM /*prefix*/oban_ts_producers WHERE uuid = $1', [uuid])).toEqual([])
  })

  test('leaves no heart to beat', async () => {
    const { db, producer } = await start()
    const uuid = await producer()
    await rescue(db, uuid)

    expect(await beatProducers(db, [uuid])).toEqual([])
    await registerProducer(db, uuid, 'Oban', 'node', 'again', '{}')
    expect(await beatProducers(db, [uuid])).toEqual([])
  })

  test('rescues once when five nodes try at once', async () => {
    const { insert, job, producer, session } = await start()
    const uuid = await producer()
    const ids: string[] = []
    for (let count = 0; count < 20; count += 1) ids.push(await insert(executing(uuid)))
    const nodes = await Promise.all([1, 2, 3, 4, 5].map(() => session()))
    const answers = await Promise.all(nodes.map((node) => rescue(node, uuid)))

    expect(answers.map(({ length }) => length).toSorted((a, b) => b - a)).toEqual([20, 0, 0, 0, 0])
    for (const id of ids) expect(await job(id)).toMatchObject({ attempt: 1, meta: { rescued: 1 } })
  })

  test('tells each queue once that it has jobs again', async () => {
    const { db, queue, insert, producer, session } = await start()
    const uuid = await producer()
    for (const name of [queue, queue, `${queue}-2`]) {
      await insert(executing(uuid, { queue: `'${name}'` }))
    }
    await insert(executing(uuid, { queue: `'${queue}-3'`, attempt: '20' }))
    const { client } = await session()
    const heard: string[] = []
    client.on('notification', ({ payload = '' }) => heard.push(JSON.parse(payload).queue))
    await client.query('LISTEN "test.rescue"')
    await rescue(db, uuid)
    await client.query('SELECT')

    expect(heard.toSorted()).toEqual([queue, `${queue}-2`])
  })

  test.each(['null', '[]', '7', '{"rescued": "x"}'])('counts over a meta of %s', async (meta) => {
    const { db, insert, job, producer } = await start()
    const uuid = await producer()
    const id = await insert(executing(uuid, { meta: `'${meta}'` }))
    await rescue(db, uuid)

    expect(await job(id)).toMatchObject({ state: 'available', meta: { rescued: 1 } })
  })
})

describe.each(schemas)('producers in the schema %s', (prefix) => {
  const start = useBench(prefix)

  test('show their heartbeats to whoever looks', async () => {
    const { db, producer } = await start()
    const [a, b] = [await producer(), await producer()]
    await beatProducers(db, [a])
    await beatProducers(db, [a, b])
    await rescue(db, b, '1')

    expect(await lookProducers(db)).toEqual(
      expect.arrayContaining([
        { uuid: a, beat: '2', dead: 'f' },
        { uuid: b, beat: '1', dead: 't' },
      ]),
    )
  })

  test('are removed unless they execute something', async () => {
    const { db, insert, producer, sql } = await start()
    const uuid = await producer()
    const id = await insert(executing(uuid))
    expect(await removeProducer(db, uuid)).toEqual([])
    await sql(`UPDATE /*prefix*/oban_jobs SET state = 'completed' WHERE id = $1`, [id])

    expect(await removeProducer(db, uuid)).toEqual([{ uuid }])
    expect(await removeProducer(db, uuid)).toEqual([])
  })
})
