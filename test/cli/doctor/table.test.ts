import { describe, expect, test } from 'vitest'
import {
  deadRows,
  finishedJobs,
  size,
  statistics,
  wraparound,
} from '../../../src/cli/doctor/table.ts'
import type { WearFacts } from '../../../src/engine/examine.ts'
import { describeSchema } from '../../../src/engine/schema.ts'
import { createShared, origins } from '../../support/shared-schemas.ts'
import { examined } from './examined.ts'

const [ours, elixirs] = origins

async function start(origin = ours) {
  const { url, client } = await createShared(origin?.steps ?? [])
  const schema = await describeSchema({ client, prefix: 'public', named: false })
  const insert = (count: number, finished = "timezone('UTC', now())") =>
    client.query(`
      INSERT INTO oban_jobs (state, worker, args, completed_at)
      SELECT 'completed', 'W', '{}', ${finished} FROM generate_series(1, ${count})`)

  return { url, client, insert, place: { prefix: 'public', schema } }
}

const wear: WearFacts = {
  rows: 100,
  tableBytes: 1_000_000,
  indexBytes: 2_000_000,
  live: 100_000,
  dead: 0,
  vacuumedSeconds: 60,
  analyzedSeconds: 60,
  modifiedSinceAnalyze: 0,
  options: {},
  scaleFactor: 0.2,
  frozenAge: 1_000,
  freezeMaxAge: 200_000_000,
  mayMaintain: true,
}

describe('the jobs table', () => {
  test('with many dead rows wants a vacuum, which the statement does', async () => {
    const { url, client, insert } = await start()
    await client.query('ALTER TABLE oban_jobs SET (autovacuum_enabled = false)')
    await insert(30_000)
    await client.query('UPDATE oban_jobs SET attempt = 1; SELECT pg_stat_force_next_flush()')
    await client.query('SELECT 1')
    const found = await examined(url)

    expect(found.of('dead-rows')).toMatchObject({
      result: 'warning',
      found: '30,000 dead, 30,000 live',
    })
    expect(found.of('statistics').result).toBe('warning')
    expect(found.of('autovacuum')).toMatchObject({
      result: 'problem',
      found: 'autovacuum is off for oban_jobs; never vacuumed',
      todo: ['ALTER TABLE "public"."oban_jobs" RESET (autovacuum_enabled);'],
    })
    await client.query(found.of('dead-rows').todo[0] ?? '')
    await client.query(found.of('autovacuum').todo[0] ?? '')
    const after = await examined(url)
    expect(after.of('dead-rows').result).toBe('ok')
    expect(after.of('autovacuum').result).toBe('ok')
    expect(after.of('statistics').result).toBe('ok')
  })

  test('is judged by its numbers', async () => {
    const { place } = await start()
    const dead = (count: number, live: number) =>
      deadRows.judge({ ...wear, dead: count, live }, place).result

    expect([dead(9_999, 0), dead(10_001, 60_000), dead(300_000, 200_000)]).toEqual([
      'ok',
      'ok',
      'problem',
    ])
    expect(size.judge({ ...wear, rows: 6_000_000 }, place).result).toBe('note')
    expect(size.judge(wear, place).found).toBe('1.0 MB and 2.0 MB of indexes, about 100 jobs')
    const frozen = (frozenAge: number) => wraparound.judge({ ...wear, frozenAge }, place).result
    expect([frozen(1_000), frozen(400_000_000), frozen(1_100_000_000)]).toEqual([
      'ok',
      'warning',
      'problem',
    ])
    const stale = { ...wear, modifiedSinceAnalyze: 200_000 }
    expect(statistics.judge(stale, place).result).toBe('warning')
  })

  test('that Elixir made is vacuumed too seldom once it is large', async () => {
    const { url, client } = await start(elixirs)
    expect((await examined(url)).of('autovacuum').result).toBe('note')
    await client.query("UPDATE pg_class SET reltuples = 90000 WHERE oid = 'oban_jobs'::regclass")
    const found = await examined(url)

    expect(found.of('autovacuum').result).toBe('warning')
    await client.query(found.of('autovacuum').todo[0] ?? '')
    expect((await examined(url)).of('autovacuum').result).toBe('ok')
  })

  test('that nobody prunes holds old finished jobs', async () => {
    const { url, insert, place } = await start()
    await insert(1_200, "timezone('UTC', now()) - interval '8 days'")
    await insert(10, "timezone('UTC', now()) - interval '6 days'")

    expect((await examined(url)).of('finished-jobs')).toMatchObject({
      result: 'note',
      found: '1,200 ended more than a week ago',
    })
    expect(finishedJobs.judge(100_000, place)).toMatchObject({
      result: 'warning',
      found: '100,000 or more ended more than a week ago',
    })
  })

  test('that somebody locks is not waited for without end', async () => {
    const { url, client } = await start()
    await client.query('BEGIN; LOCK oban_jobs IN ACCESS EXCLUSIVE MODE')
    const found = await examined(url)
    await client.query('ROLLBACK')

    expect(found.of('finished-jobs')).toMatchObject({
      result: 'note',
      found: 'not known: the statement took longer than 5 s',
    })
    expect(found.of('columns').result).toBe('ok')
  }, 90_000)
})
