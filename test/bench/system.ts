/** A job system that drains a queue: how its queue is filled, and when it is empty. */
import { Client } from 'pg'
import type { Program } from './program.ts'

export interface System {
  readonly program: Program
  /** Put so many jobs that do nothing into the queue, which is at rest. */
  readonly fill: (count: number) => Promise<void>
  /** Whether all of them have ended. */
  readonly hasEnded: () => Promise<boolean>
  /** @throws {Error} when a job did not run exactly once */
  readonly check: () => Promise<void>
  /** Bytes of write-ahead log so far; nothing where there is none. */
  readonly walBytes: () => Promise<number | undefined>
  readonly close: () => Promise<void>
}

const FILL = `
  INSERT INTO oban_jobs (state, worker, queue, args)
  SELECT 'available', 'Bench.Nothing', 'bench',
         jsonb_build_object('index', index, 'pad', repeat('x', $2::integer))
    FROM generate_series(1, $1::integer) AS index`

const OPEN = `
  SELECT EXISTS (SELECT FROM oban_jobs WHERE queue = 'bench' AND state = 'available')
      OR EXISTS (SELECT FROM oban_jobs WHERE queue = 'bench' AND state = 'executing') AS is_open`

/** Jobs of ours that did not end at their first attempt. */
const AMISS = `
  SELECT count(*)::integer AS count
    FROM oban_jobs
   WHERE queue = 'bench' AND state <> 'scheduled' AND (state <> 'completed' OR attempt <> 1)`

/** One whose jobs are rows of `oban_jobs`. */
export async function systemOnOurs(url: string, bytes: number, program: Program): Promise<System> {
  const client = new Client({ connectionString: url })
  await client.connect()
  let last = '0'

  return {
    program,
    fill: async (count) => {
      await client.query(FILL, [count, bytes])
      const { rows } = await client.query('SELECT max(id) AS last FROM oban_jobs')
      last = rows[0].last
    },
    hasEnded: async () => {
      // The last one ends among the last, and costs a look at one row instead of all the dead in front.
      const { rows } = await client.query('SELECT state FROM oban_jobs WHERE id = $1', [last])
      if (rows[0].state !== 'completed') return false
      const { rows: open } = await client.query(OPEN)

      return open[0].is_open === false
    },
    check: async () => {
      const { rows } = await client.query(AMISS)
      if (rows[0].count > 0) throw new Error(`${rows[0].count} jobs did not run exactly once`)
    },
    walBytes: () => walBytes(client),
    close: async () => {
      await client.end()
      await program.end()
    },
  }
}

/** One that knows by itself. */
export async function systemOfPeer(url: string, bytes: number, program: Program): Promise<System> {
  const client = new Client({ connectionString: url })
  await client.connect()

  return {
    program,
    fill: async (count) => {
      await program.ask('enqueueMany', { count, batch: 1_000, pad: 'x'.repeat(bytes) })
    },
    hasEnded: () => program.ask<boolean>('hasEnded'),
    check: () => Promise.resolve(),
    walBytes: () => walBytes(client),
    close: async () => {
      await client.end()
      await program.end()
    },
  }
}

async function walBytes(client: Client): Promise<number> {
  const { rows } = await client.query(
    "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS bytes",
  )

  return rows[0].bytes
}
