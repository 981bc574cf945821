import { createActor, SimulatedClock, waitFor } from 'xstate'
import { describe, expect, test } from 'vitest'
import { acker } from '../../src/actors/acker.ts'

/** An acker with one acknowledgement, which lands once `outage.lasts` is false. */
function startAcker() {
  const clock = new SimulatedClock()
  const outage = { lasts: true }
  const outbox = ['ack']
  const input = {
    flush: async () => {
      await Promise.resolve()
      if (outage.lasts) throw new Error('connection refused')
      outbox.length = 0
    },
    hasWaiting: () => outbox.length > 0,
    countWaiting: () => 0,
    hasRefused: () => false,
    onFailed: () => {},
  }
  const actor = createActor(acker, { clock, input }).start()
  const reaches = (state: 'failing' | 'idle') =>
    waitFor(actor, (snapshot) => snapshot.matches({ working: state }))

  return { actor, clock, outage, outbox, reaches }
}

describe('acker after an outage', () => {
  test('waits longer with each failure, but not once the database has returned', async () => {
    const { actor, clock, outage, outbox, reaches } = startAcker()

    for (let tries = 0; tries < 10; tries += 1) {
      // In turn, as each try begins when the wait after the last one is over.
      // oxlint-disable-next-line no-await-in-loop
      await reaches('failing')
      clock.increment(10_000)
    }
    await reaches('failing')
    outage.lasts = false
    clock.increment(9_999)
    expect(outbox).toEqual(['ack'])

    actor.send({ type: 'database.returned' })
    await reaches('idle')
    expect(outbox).toEqual([])
  })
})
