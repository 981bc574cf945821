import { describe, expect, test } from 'vitest'
import { Outbox } from '../../src/protocol/outbox.ts'
import type { Outcome, Settled } from '../../src/protocol/outcome.ts'
import { Tenure, type Run } from '../../src/protocol/tenure.ts'
import { claimedRow } from '../support/claimed-row.ts'

function startOutbox() {
  const outbox = new Outbox({ random: Math.random, now: () => new Date(0) })
  const tenure = new Tenure('uuid', 'default', new Date())
  const claim = () => tenure.claim(claimedRow())
  const add = (...runs: readonly Run[]) => outbox.add(runs.map((run) => completed(run)))
  const peek = (nowMs = 0) => outbox.peek(100, nowMs)

  return { add, claim, outbox, peek, tenure }
}

function completed(run: Run, outcome: Outcome = { kind: 'completed' }): Settled {
  return { run, outcome, durationMs: 1 }
}

describe('outbox', () => {
  test('frees the slot of a run at once, and keeps its acknowledgement until it landed', () => {
    const { add, claim, outbox, peek, tenure } = startOutbox()
    add(claim())
    expect([outbox.size, tenure.load, tenure.unacknowledged]).toEqual([1, 0, 1])
    for (const parcel of peek()) outbox.remove(parcel)

    expect([outbox.size, tenure.unacknowledged]).toEqual([0, 0])
  })

  test('takes the first of two ends of a run', () => {
    const { claim, outbox, peek } = startOutbox()
    const run = claim()
    outbox.add([completed(run)])
    outbox.add([completed(run, { kind: 'interrupted', suspect: false })])

    expect(peek().map(({ ack }) => ack.state)).toEqual(['completed'])
  })

  test('leaves out a run whose job belongs to somebody else by now', () => {
    const { add, claim, outbox, tenure } = startOutbox()
    const run = claim()
    tenure.release(run)
    add(run)

    expect(outbox.size).toBe(0)
  })

  test('gives the oldest first, no more than asked for, and keeps them', () => {
    const { add, claim, outbox } = startOutbox()
    const runs = [claim(), claim(), claim()]
    add(...runs)

    expect(outbox.peek(2).map(({ settled }) => settled.run)).toEqual(runs.slice(0, 2))
    expect(outbox.peek(2)).toEqual(outbox.peek(2))
  })

  test('says of a parcel that it was removed before', () => {
    const { add, claim, outbox, peek } = startOutbox()
    add(claim())
    const [parcel] = peek()
    if (parcel === undefined) throw new Error('nothing waits')

    expect([outbox.remove(parcel), outbox.remove(parcel)]).toEqual([true, false])
  })

  test('sets a refused one aside, longer each time, up to a minute', () => {
    const { add, claim, outbox, peek } = startOutbox()
    add(claim())
    let nowMs = 0
    const delays = Array.from({ length: 9 }, () => {
      const sinceMs = nowMs
      for (const parcel of peek(nowMs)) outbox.refuse(parcel, '22P05', nowMs)
      expect([outbox.hasWaiting, outbox.hasRefused]).toEqual([false, true])
      while (peek(nowMs).length === 0) nowMs += 500

      return nowMs - sinceMs
    })

    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  test('does not let one that was refused hold up the others', () => {
    const { add, claim, outbox, peek } = startOutbox()
    add(claim(), claim())
    const [first] = peek()
    if (first) outbox.refuse(first, '22P05', 0)

    expect(peek(499)).toHaveLength(1)
    expect(peek(500)).toHaveLength(2)
  })

  test('replaces the text of an error that the database refuses', () => {
    const { claim, outbox, peek } = startOutbox()
    outbox.add([completed(claim(), { kind: 'failed', error: 'boom', backoffSeconds: 1 })])
    for (const parcel of peek()) outbox.refuse(parcel, '22P05', 0)

    expect(peek(500).map(({ ack }) => ack.error?.error)).toEqual([
      "the job's error could not be stored (SQLSTATE 22P05)",
    ])
  })

  test('forgets a refusal of one that has landed meanwhile', () => {
    const { add, claim, outbox, peek } = startOutbox()
    add(claim())
    const [parcel] = peek()
    if (parcel === undefined) throw new Error('nothing waits')
    outbox.remove(parcel)
    outbox.refuse(parcel, '22P05', 0)

    expect(outbox.size).toBe(0)
  })
})
