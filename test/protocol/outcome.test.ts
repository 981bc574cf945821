import { describe, expect, test } from 'vitest'
import {
  acknowledge,
  giveBack,
  heedCancellation,
  type Outcome,
} from '../../src/protocol/outcome.ts'
import { Tenure } from '../../src/protocol/tenure.ts'
import { claimedRow } from '../support/claimed-row.ts'

const now = new Date('2030-01-31T09:00:05.123Z')

const base = {
  id: '42',
  attempt: 3,
  uuid: 'uuid',
  attempted_at: '2030-01-31 09:00:01.000001',
  restore: false,
  delay: null,
  error: null,
  patch: null,
  counter: null,
}

function ackOf(outcome: Outcome, attempt = '3') {
  const tenure = new Tenure('uuid', 'default', new Date())
  const run = tenure.claim(claimedRow({ attempt, max_attempts: '4' }))

  return acknowledge({ run, outcome, durationMs: 1 }, { random: () => 0.5, now: () => now })
}

const entry = { attempt: 3, at: '2030-01-31T09:00:05.123Z', error: 'boom' }

/** Stored only with a job that is cancelled by then. */
const cancelled = { ...entry, error: 'job was cancelled while it ran' }

describe('an acknowledgement', () => {
  test.each<[string, Outcome, object]>([
    ['a completion', { kind: 'completed' }, { state: 'completed' }],
    [
      'a record',
      { kind: 'completed', recorded: 'g2o' },
      { state: 'completed', patch: { recorded: true, return: 'g2o' } },
    ],
    ['a cancellation', { kind: 'cancelled', error: 'boom' }, { state: 'cancelled', error: entry }],
    [
      'a snooze, which gives the attempt back',
      { kind: 'snoozed', seconds: 60 },
      { state: 'scheduled', restore: true, delay: 60, counter: 'snoozed' },
    ],
    [
      'a failure',
      { kind: 'failed', error: 'boom', backoffSeconds: 17 },
      { state: 'retryable', delay: 17, error: entry },
    ],
    [
      'an unknown worker, offered again in 15 to 30 seconds',
      { kind: 'unknown' },
      { state: 'scheduled', restore: true, delay: 22.5 },
    ],
    [
      'an interruption',
      { kind: 'interrupted', suspect: false },
      { state: 'available', restore: true, error: cancelled },
    ],
    [
      'an interruption of a suspect',
      { kind: 'interrupted', suspect: true },
      { state: 'available', restore: true, patch: { suspect: true }, error: cancelled },
    ],
  ])('of %s', (_, outcome, expected) => {
    expect(ackOf(outcome)).toEqual({ ...base, ...expected })
  })

  test('of the last failure discards', () => {
    expect(ackOf({ kind: 'failed', error: 'boom', backoffSeconds: 17 }, '4')).toEqual({
      ...base,
      attempt: 4,
      state: 'discarded',
      error: { ...entry, attempt: 4 },
    })
  })

  test('of a row that nobody ran names the claim exactly', () => {
    const row = { id: '42', attempt: '3', uuid: 'uuid', attempted_at: base.attempted_at }

    expect(giveBack(row)).toEqual({ ...base, state: 'available', restore: true })
  })
})

/** What becomes of a run whose job was cancelled meanwhile. */
function heeded(outcome: Outcome): Outcome {
  const run = new Tenure('uuid', 'default', new Date()).claim(claimedRow())
  run.isCancelled = true

  return heedCancellation({ run, outcome, durationMs: 1 }).outcome
}

const asCancelled = (error: string) => ({ kind: 'cancelled', error })

describe('a run whose job somebody has cancelled', () => {
  test.each<readonly [string, Outcome, object]>([
    ['a failure', { kind: 'failed', error: 'boom', backoffSeconds: 17 }, asCancelled('boom')],
    ['a snooze', { kind: 'snoozed', seconds: 5 }, asCancelled(cancelled.error)],
    ['an interruption', { kind: 'interrupted', suspect: true }, asCancelled(cancelled.error)],
    ['an unknown worker', { kind: 'unknown' }, asCancelled(cancelled.error)],
    ['its own cancellation', { kind: 'cancelled', error: 'no' }, asCancelled('no')],
    ['a completion, which wins', { kind: 'completed' }, { kind: 'completed' }],
  ])('ended by %s', (_, outcome, expected) => {
    expect(heeded(outcome)).toEqual(expected)
  })
})
