/** Rows that change all the time, while an open transaction keeps every version of them. */
import { expect, test } from 'vitest'
import { fetchJobs } from '../../src/engine/jobs.ts'
import { electLeader, renewLeader } from '../../src/engine/leaders.ts'
import { beatProducers, lookProducers } from '../../src/engine/producers.ts'
import { FRONT } from '../../src/protocol/claim-cursor.ts'
import { useBench } from './statements.ts'

/** The heartbeats of a day. */
const BEATS = 17_280

/** Less than any of these statements may take: a heartbeat has two seconds. */
const LONGEST_MS = 1_000

const start = useBench('public')

test('a day of heartbeats that no vacuum can clean up slows down neither them nor a claim', async () => {
  const { db, insert, producer, queue, session, sql } = await start()
  const uuid = await producer()
  const id = await insert()
  const [term] = await electLeader(db, queue, 'node', 30, null)
  const { client } = await session()
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await client.query('SELECT FROM oban_ts_producers')
  await sql('SET synchronous_commit = off')
  await sql(`
    DO $$ BEGIN
      FOR round IN 1..${BEATS} LOOP
        UPDATE oban_ts_producers SET beat = beat + 1, updated_at = now() WHERE uuid = '${uuid}';
        IF round % 3 = 0 THEN
          UPDATE oban_ts_leaders SET expires_at = expires_at WHERE name = '${queue}';
        END IF;
        COMMIT;
      END LOOP;
    END $$`)

  const slow: [name: string, ms: number][] = []
  const timed = async <Answer>(name: string, work: () => Promise<Answer>): Promise<Answer> => {
    const startedAtMs = performance.now()
    const answer = await work()
    const tookMs = performance.now() - startedAtMs
    if (tookMs > LONGEST_MS) slow.push([name, tookMs])

    return answer
  }
  expect(await timed('beat', () => beatProducers(db, [uuid]))).toEqual([{ uuid }])
  expect(await timed('look', () => lookProducers(db))).toEqual([
    { uuid, beat: String(BEATS + 1), dead: 'f' },
  ])
  expect(
    await timed('claim', () => fetchJobs(db, FRONT, queue, 10, uuid, 'node', [])),
  ).toMatchObject([{ id }])
  const renewal = () => renewLeader(db, queue, 'node', 30, term?.elected_at ?? '')
  expect(await timed('renewal', renewal)).toHaveLength(1)
  expect(slow).toEqual([])

  // Once the transaction has ended, heartbeats clean up by themselves.
  await client.query('ROLLBACK')
  for (let round = 0; round < 200; round += 1) await beatProducers(db, [uuid])
  const size = async () => {
    const [row] = await sql(`SELECT pg_relation_size('oban_ts_producers')::integer AS bytes`)

    return Number(row?.['bytes'])
  }
  const before = await size()
  for (let round = 0; round < 2_000; round += 1) await beatProducers(db, [uuid])
  // Other tests have transactions in this database, too: a few versions may outlast them.
  expect((await size()) - before).toBeLessThan((before / BEATS) * (2_000 / 2))
}, 120_000)
