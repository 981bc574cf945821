import { describe, expect, test } from 'vitest'
import { Outbox } from '../../src/protocol/outbox.ts'
import { Tenure } from '../../src/protocol/tenure.ts'
import { claimedRow } from '../support/claimed-row.ts'

/** An outbox with the acknowledgements of jobs that failed. */
function startOutbox(ids = ['1']) {
  const now = new Date('2030-01-31T09:00:00Z')
  const outbox = new Outbox({ random: () => 0, now: () => now })
  const tenure = new Tenure('8f9a0000-0000-4000-8000-000000000001', 'default', now)
  const outcome = { kind: 'failed', error: 'boom', backoffSeconds: 1 } as const
  for (const id of ids) {
    const run = tenure.claim(claimedRow({ id }))
    outbox.add([{ run, outcome, durationMs: 1 }])
  }

  /** Refuse it, and look at what is sent the next time. */
  const refuse = (sqlState: string) => {
    const [parcel] = outbox.peek(1, 0)
    if (parcel) outbox.refuse(parcel, sqlState, 0)

    return outbox.peek(1, 60_000)[0]?.ack.error?.error
  }

  return { outbox, refuse }
}

describe('outbox', () => {
  test('replaces the text of an error that the database refuses', () => {
    expect(startOutbox().refuse('22P05')).toBe(
      "the job's error could not be stored (SQLSTATE 22P05)",
    )
  })

  test.each(['40P01', '55P03', '57014'])('keeps the text after a refusal with %s', (sqlState) => {
    expect(startOutbox().refuse(sqlState)).toBe('boom')
  })

  test('tries again what was refused after all that was not', () => {
    const { outbox, refuse } = startOutbox(['1', '2', '3'])
    refuse('55P03')

    expect(outbox.peek(2, 60_000).map(({ ack }) => ack.id)).toEqual(['2', '3'])
    expect(outbox.peek(3, 60_000).map(({ ack }) => ack.id)).toEqual(['2', '3', '1'])
  })
})
