/** Locks that others hold, and want in another order. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FaultKind } from './fault-kind.ts'
import { meddle, orLost } from './meddling.ts'

const LONGEST_MS = 20_000

/** A migration, or a maintenance script, that has forgotten to commit. */
function hold(name: string, what: string, statement: string): FaultKind {
  return {
    name,
    summary: `somebody holds ${what}`,
    aim: 'database',
    lastsMs: [1_000, LONGEST_MS],
    strike: ({ theatre }, { durationMs }) =>
      meddle(theatre, async ({ query }) => {
        const deadlineMs = performance.now() + durationMs
        await query(`BEGIN; ${statement}`)
        await pause(Math.max(0, deadlineMs - performance.now()))
        await query('ROLLBACK')
      }),
  }
}

/** Locks jobs one by one from the last to the first, against the order of all others. */
const deadlocks: FaultKind = {
  name: 'deadlocks',
  summary: 'somebody locks jobs in the wrong order',
  aim: 'database',
  lastsMs: [2_000, 10_000],
  strike: ({ theatre }, { durationMs }) =>
    meddle(theatre, async ({ query }) => {
      const deadlineMs = performance.now() + durationMs
      while (performance.now() < deadlineMs) {
        // The server may choose this session to give way; then it begins again.
        // oxlint-disable-next-line no-await-in-loop
        await orLost(() => query(BACKWARDS))
        // oxlint-disable-next-line no-await-in-loop
        await query('ROLLBACK')
      }
    }),
}

const BACKWARDS = `
BEGIN;
DO $$
DECLARE job bigint;
BEGIN
  FOR job IN SELECT id FROM oban_jobs
              WHERE state IN ('available', 'executing') ORDER BY id DESC LIMIT 40
  LOOP
    PERFORM FROM oban_jobs WHERE id = job FOR UPDATE;
    PERFORM pg_sleep(0.02);
  END LOOP;
END $$
`

export const lockFaults = [
  hold('lock-share', 'a share lock on oban_jobs', 'LOCK TABLE oban_jobs IN SHARE MODE'),
  hold(
    'lock-exclusive',
    'an exclusive lock on oban_jobs',
    'LOCK TABLE oban_jobs IN ACCESS EXCLUSIVE MODE',
  ),
  hold(
    'lock-rows',
    'locks on every job that has not ended',
    `SELECT FROM oban_jobs WHERE state IN ('available', 'executing', 'retryable', 'scheduled') FOR UPDATE`,
  ),
  hold(
    'lock-producers',
    'a lock on oban_ts_producers that keeps heartbeats out',
    'LOCK TABLE oban_ts_producers IN SHARE ROW EXCLUSIVE MODE',
  ),
  deadlocks,
]
