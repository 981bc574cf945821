import { describe, expect, test } from 'vitest'
import { stageJobs } from '../../src/engine/jobs.ts'
import { schemas, useBench } from './statements.ts'

const NOW = new Date('2030-06-01T12:00:00.000Z')
const at = (offset: string) => `timestamp '2030-06-01 12:00:00' + interval '${offset}'`

describe.each(schemas)('stage_jobs in the schema %s', (prefix) => {
  const start = useBench(prefix)

  async function startStaging() {
    const bench = await start()
    const stage = (limit = 100, queues = [bench.queue], db = bench.db) =>
      stageJobs(db, queues, limit, NOW.toISOString(), '{"error": "exhausted"}')

    return { ...bench, stage }
  }

  test('makes available what is due, and nothing else', async () => {
    const { queue, insert, job, stage } = await startStaging()
    const due = [
      await insert({ state: `'scheduled'`, scheduled_at: at('0') }),
      await insert({ state: `'retryable'`, scheduled_at: at('-1 day'), attempt: '3' }),
    ]
    const others = [
      await insert({ state: `'scheduled'`, scheduled_at: at('1 microsecond') }),
      await insert({ state: `'scheduled'`, scheduled_at: at('-1 day'), queue: `'elsewhere'` }),
      await insert({ state: `'suspended'`, scheduled_at: at('-1 day') }),
      await insert({ state: `'completed'`, scheduled_at: at('-1 day') }),
    ]
    const before: unknown[] = []
    for (const id of others) before.push(await job(id))

    expect(await stage()).toEqual([{ queue, staged: '2' }])
    for (const id of due) expect(await job(id)).toMatchObject({ state: 'available' })
    for (const [index, id] of others.entries()) expect(await job(id)).toEqual(before[index])
  })

  test('stages the oldest first, up to the limit', async () => {
    const { insert, job, stage } = await startStaging()
    const young = await insert({ state: `'scheduled'`, scheduled_at: at('-1 second') })
    const old = await insert({ state: `'retryable'`, scheduled_at: at('-2 seconds') })

    await stage(1)
    expect(await job(old)).toMatchObject({ state: 'available' })
    expect(await job(young)).toMatchObject({ state: 'scheduled' })
  })

  test('waits for no row that another node is staging', async () => {
    const { queue, insert, session, stage } = await startStaging()
    await insert({ state: `'scheduled'`, scheduled_at: at('-1 second') })
    const other = await session()
    await other.client.query('BEGIN')
    expect(await stage(100, [queue], other)).toMatchObject([{ staged: '1' }])

    expect(await stage()).toEqual([])
    await other.client.query('COMMIT')
  })

  test('names the queues that have something to run, staged now or before', async () => {
    const { queue, insert, stage } = await startStaging()
    const [before, now, none] = [`${queue}-a`, `${queue}-b`, `${queue}-c`]
    await insert({ queue: `'${before}'` })
    await insert({ queue: `'${now}'`, state: `'scheduled'`, scheduled_at: at('0') })
    await insert({ queue: `'${none}'`, state: `'scheduled'`, scheduled_at: at('1 hour') })
    const rows = await stage(100, [before, now, none])

    expect(rows.toSorted((a, b) => (a.queue < b.queue ? -1 : 1))).toEqual([
      { queue: before, staged: '0' },
      { queue: now, staged: '1' },
    ])
  })

  test('discards what is available without an attempt left, and says why', async () => {
    const { queue, insert, job, stage } = await startStaging()
    const id = await insert({ attempt: '3', max_attempts: '3' })
    const fine = await insert({ attempt: '2', max_attempts: '3' })
    await stage()

    expect(await job(id)).toMatchObject({
      state: 'discarded',
      discarded_at: expect.stringMatching(/^\d{4}-/),
      errors: [{ attempt: 3, error: 'exhausted', at: expect.stringMatching(/^\d{4}-.*\dZ$/) }],
    })
    expect(await job(fine)).toMatchObject({ state: 'available' })
    expect(await stage(100, [queue])).toEqual([{ queue, staged: '0' }])
  })

  test('follows the clock of the server without a time', async () => {
    const { db, queue, insert, job } = await startStaging()
    const utc = `timezone('UTC', now())`
    const due = await insert({ state: `'scheduled'`, scheduled_at: utc })
    const later = await insert({ state: `'scheduled'`, scheduled_at: `${utc} + interval '1 min'` })
    await db.client.query({ text: `SET TimeZone = 'Pacific/Kiritimati'` })
    await stageJobs(db, [queue], 10, null, '{}')

    expect(await job(due)).toMatchObject({ state: 'available' })
    expect(await job(later)).toMatchObject({ state: 'scheduled' })
  })
})
