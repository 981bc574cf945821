import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Connection } from '../../src/engine/connection.ts'
import { deliver, type Delivery } from '../../src/engine/deliver.ts'
import type { Db } from '../../src/engine/query.ts'
import { Outbox } from '../../src/protocol/outbox.ts'
import type { Outcome } from '../../src/protocol/outcome.ts'
import { Tenure } from '../../src/protocol/tenure.ts'
import { claimedRow } from '../support/claimed-row.ts'
import { CLAIMED_AT, executing, useBench } from './statements.ts'

const start = useBench('public')

/** Runs of one producer that ended, as an outbox holds them. */
async function startDelivery() {
  const bench = await start()
  const tenure = new Tenure(randomUUID(), bench.queue, new Date())
  const outbox = new Outbox({ random: () => 0, now: () => new Date() })
  const end = async (outcome: Outcome, columns: Record<string, string> = {}) => {
    const id = await bench.insert(executing(tenure.uuid, columns))
    const job = claimedRow({ id, attempted_at: CLAIMED_AT, max_attempts: '20' })
    outbox.add([{ run: tenure.claim(job), outcome, durationMs: 1 }])

    return id
  }
  /** Deliver what can be tried; resolves to the ids by what became of them. */
  const deliverAll = async (db: Db = bench.db, nowMs = 0) => {
    const told: Delivery[] = []
    await deliver(db, outbox.peek(1_000, nowMs), (delivery) => told.push(delivery))
    const idsOf = (kind: 'dropped' | 'landed') =>
      told.flatMap((delivery) => delivery[kind].map(({ ack }) => ack.id))
    const refused = told.flatMap((delivery) => delivery.refused)
    for (const { landed, dropped } of told) {
      for (const parcel of [...landed, ...dropped]) outbox.remove(parcel)
    }
    for (const { parcel, error } of refused) outbox.refuse(parcel, error.code ?? '', nowMs)

    return {
      landed: idsOf('landed'),
      dropped: idsOf('dropped'),
      refused: refused.map(({ parcel, error }) => [parcel.ack.id, error.code]),
      statements: told.length,
    }
  }

  return { ...bench, tenure, outbox, end, deliverAll }
}

/** A trigger that refuses to change jobs of the queue whose meta says so. */
const refuse = (queue: string) => `
  CREATE OR REPLACE FUNCTION refuse_marked() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.queue = '${queue}' AND OLD.meta ? 'refused'
       AND (to_jsonb(NEW.errors) -> -1 ->> 'error') IS DISTINCT FROM
           'the job''s error could not be stored (SQLSTATE P0001)'
    THEN RAISE EXCEPTION 'refused'; END IF;
    RETURN NEW;
  END $$;
  CREATE OR REPLACE TRIGGER refuse_marked BEFORE UPDATE ON /*prefix*/oban_jobs
    FOR EACH ROW EXECUTE FUNCTION refuse_marked()`

const failed: Outcome = { kind: 'failed', error: 'Error: boom', backoffSeconds: 1 }

describe('deliver', () => {
  test('sends completions of one attempt in one statement, and all else in another', async () => {
    const { end, job, deliverAll } = await startDelivery()
    const plain = [await end({ kind: 'completed' }), await end({ kind: 'completed' })]
    const wide = [
      await end({ kind: 'completed', recorded: 'g2E' }),
      await end(failed),
      await end({ kind: 'snoozed', seconds: 5 }),
      await end({ kind: 'cancelled', error: 'no' }),
      await end({ kind: 'interrupted', suspect: true }),
    ]
    const { landed, statements } = await deliverAll()

    expect(landed.toSorted()).toEqual([...plain, ...wide].toSorted())
    expect(statements).toBe(2)
    const states = []
    for (const id of [...plain, ...wide]) states.push((await job(id))['state'])
    expect(states).toEqual([
      'completed',
      'completed',
      'completed',
      'retryable',
      'scheduled',
      'cancelled',
      'available',
    ])
  })

  test('drops what the fence keeps out', async () => {
    const { end, outbox, tenure, deliverAll } = await startDelivery()
    const gone = await end({ kind: 'completed' }, { state: `'available'` })
    const other = await end(failed, { attempted_by: `ARRAY['node', 'other']` })
    const fine = await end({ kind: 'completed' })

    expect(await deliverAll()).toMatchObject({ landed: [fine], dropped: [gone, other] })
    expect([outbox.size, tenure.runs.size]).toEqual([0, 0])
  })

  test('finds the one that the database refuses, and stores the rest', async () => {
    const { queue, sql, end, job, outbox, deliverAll } = await startDelivery()
    await sql(refuse(queue))
    const ids: string[] = []
    for (let count = 0; count < 9; count += 1) {
      ids.push(await end({ kind: 'completed' }, count === 5 ? { meta: `'{"refused": 1}'` } : {}))
    }
    const poison = String(ids[5])
    const { landed, refused } = await deliverAll()

    expect(landed.toSorted()).toEqual(ids.filter((id) => id !== poison).toSorted())
    expect(refused).toEqual([[poison, 'P0001']])
    expect(await job(poison)).toMatchObject({ state: 'executing' })
    expect(outbox.size).toBe(1)
  })

  test('tries a refused one again by itself, later, with a plain text as its error', async () => {
    const { queue, sql, end, job, outbox, deliverAll } = await startDelivery()
    await sql(refuse(queue))
    const poison = await end(failed, { meta: `'{"refused": 1}'` })
    expect(await deliverAll()).toMatchObject({ refused: [[poison, 'P0001']] })
    expect(outbox.peek(10, 0)).toEqual([])
    const fine = await end(failed)

    expect(await deliverAll(undefined, 60_000)).toMatchObject({ landed: [fine, poison] })
    expect(await job(poison)).toMatchObject({
      state: 'retryable',
      errors: [{ error: "the job's error could not be stored (SQLSTATE P0001)" }],
    })
  })

  test('keeps the error of a job whose row was only locked', async () => {
    const { sql, session, end, job, deliverAll } = await startDelivery()
    const id = await end(failed)
    const acker = await session()
    await acker.client.query(`SET lock_timeout = '20ms'`)
    await sql('BEGIN')
    await sql('SELECT id FROM /*prefix*/oban_jobs WHERE id = $1 FOR UPDATE', [id])
    expect(await deliverAll(acker)).toMatchObject({ refused: [[id, '55P03']] })
    await sql('COMMIT')

    expect(await deliverAll(acker, 60_000)).toMatchObject({ landed: [id] })
    expect(await job(id)).toMatchObject({ errors: [{ error: 'Error: boom' }] })
  })

  test('gives up while the database is away, and keeps what it had', async () => {
    const { end, outbox, deliverAll } = await startDelivery()
    await end({ kind: 'completed' })
    const client = new Connection({
      role: 'test',
      connect: { connectionString: 'postgres://127.0.0.1:1/x' },
      timeoutMs: 1_000,
    })

    await expect(deliverAll({ client, prefix: 'public', named: true })).rejects.toThrow()
    expect(outbox.size).toBe(1)
  })
})
