import { createActor, SimulatedClock, waitFor } from 'xstate'
import { describe, expect, test } from 'vitest'
import { refresher } from '../../src/actors/refresher.ts'

/** A refresher whose beats fail while `outage.lasts`. */
function startRefresher() {
  const clock = new SimulatedClock()
  const outage = { lasts: false }
  const told: string[] = []
  const input = {
    intervalMs: 5_000,
    now: () => new Date(0),
    beat: async () => {
      await Promise.resolve()
      if (outage.lasts) throw new Error('connection refused')
    },
    resign: () => Promise.resolve(),
    onReturned: () => told.push('returned'),
    onFailed: () => told.push('failed'),
  }
  const actor = createActor(refresher, { clock, input }).start()
  const settled = () =>
    waitFor(actor, (state) => state.matches('waiting') || state.matches('failing'))
  const beat = async (afterMs: number) => {
    clock.increment(afterMs)
    await settled()
  }

  return { beat, outage, settled, told }
}

describe('refresher after an outage', () => {
  test('tries each second while the database is away, and tells once that it is back', async () => {
    const { beat, outage, settled, told } = startRefresher()
    await settled()

    outage.lasts = true
    await beat(5_000)
    await beat(1_000)
    outage.lasts = false
    await beat(1_000)
    await beat(5_000)

    expect(told).toEqual(['failed', 'failed', 'returned'])
  })
})
