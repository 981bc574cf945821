/** Jobs that come and end all the time, in every queue. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { recordHistory } from '../../chaos/history.ts'
import { readLedger, runsOf, type Run } from '../../chaos/ledger.ts'
import type { TestDatabase } from '../../support/database.ts'
import type { startTree } from '../../support/tree.ts'
import type { Random } from './random.ts'

/** Jobs of each queue that have not ended. */
const OPEN = 12

/** The longest time without any job that ends. */
const STALLED_MS = 15_000

/**
 * Told by the database itself: what actors tell can be lost with them. The id makes each one different,
 * as of equal ones in a transaction only one arrives.
 */
const TELL = `
CREATE FUNCTION fire_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('fire_ended', NEW.queue || ' ' || NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER fire_ended AFTER UPDATE ON oban_jobs
  FOR EACH ROW WHEN (OLD.state <> NEW.state AND NEW.state IN ('cancelled', 'completed', 'discarded'))
  EXECUTE FUNCTION fire_ended();
LISTEN fire_ended;
`

const WORKERS = ['Fire.Plain', 'Fire.Plain', 'Fire.Fails', 'Fire.Snoozes'] as const

export interface Load {
  readonly query: TestDatabase['query']
  /** Jobs that were enqueued. */
  readonly ids: readonly number[]
  /** Jobs that have ended so far. */
  readonly ended: () => number
  /** Resolves when so many more have ended. */
  readonly endings: (count: number) => Promise<void>
  /** Enqueue no more; resolves when all have ended. */
  readonly finish: () => Promise<void>
  /** What the bodies wrote. */
  readonly runs: () => Run[]
  readonly close: () => Promise<void>
}

type Tree = Pick<Awaited<ReturnType<typeof startTree>>, 'enqueue'>

export async function startLoad(
  url: string,
  { enqueue }: Tree,
  { queues, random }: { readonly queues: readonly string[]; readonly random: Random },
): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'oban-fire-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  const ledger = join(folder, 'ledger.jsonl')
  const client = new Client({ connectionString: url, application_name: 'fire' })
  // The database is dropped under a test that failed.
  client.on('error', () => undefined)
  await client.connect()
  const query: Load['query'] = async (text, values = []) =>
    (await client.query(text, [...values])).rows
  await recordHistory(query)
  await client.query(TELL)

  const ids: number[] = []
  const endings = new EventTarget()
  let asked = 0
  let ended = 0
  let isOver = false
  const add = async (queue: string) => {
    asked += 1
    const worker = random.one(WORKERS)
    ids.push(await enqueue(worker, { ledger, ms: 50 + random.below(250) }, queue))
  }
  const stalled = async () => {
    const open = await query(
      `SELECT queue, state::text, count(*), min(attempted_by[2]) AS uuid FROM oban_jobs
        WHERE state NOT IN ('cancelled', 'completed', 'discarded') GROUP BY queue, state`,
    )

    return new Error(`no job has ended for ${STALLED_MS} ms: ${JSON.stringify(open)}`)
  }
  const until = (isReached: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const alarm = () => systemClock.after(STALLED_MS, () => void stalled().then(reject, reject))
      let callOff = alarm()
      const look = () => {
        callOff()
        if (!isReached()) {
          callOff = alarm()

          return
        }
        endings.removeEventListener('ended', look)
        resolve()
      }
      endings.addEventListener('ended', look)
      look()
    })
  client.on('notification', ({ payload = '' }) => {
    const [queue = ''] = payload.split(' ')
    ended += 1
    if (!isOver) void add(queue)
    endings.dispatchEvent(new Event('ended'))
  })
  await Promise.all(queues.flatMap((queue) => Array.from({ length: OPEN }, () => add(queue))))

  return {
    query,
    ids,
    ended: () => ended,
    endings: (count) => {
      const goal = ended + count

      return until(() => ended >= goal)
    },
    finish: () => {
      isOver = true

      return until(() => ended === asked)
    },
    runs: () => runsOf(readLedger(folder)),
    close: () => client.end(),
  }
}
