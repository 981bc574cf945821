import { describe, expect, test } from 'vitest'
import { simulatedClock } from '../support/simulated-clock.ts'
import { startPool as start, type PoolOptions } from '../support/thread-pool.ts'

function startPool(options: PoolOptions) {
  return start({ modules: ['threads-misbehave.js'], ...options })
}

describe('an idle thread', () => {
  test('ends after its time, and the next job starts another', async () => {
    const { ended, exits, run, tenure } = startPool({ idleMs: 50 })
    const first = await ended(run('Where'))
    await exits.until(({ ending }) => ending === 'idle')
    expect(tenure.threads).toBe(0)

    expect((await ended(run('Where'))).outcome).not.toEqual(first.outcome)
  })

  test('ends also when it only took the place of another, and never had a job', async () => {
    const { ended, exits, run, tenure } = startPool({ idleMs: 50 })
    await ended(run('Exits'))
    await exits.until(({ ending }) => ending === 'idle')

    expect(tenure.threads).toBe(0)
  })

  test('is not the one that comes up for the jobs that wait, however long there was none', async () => {
    const { clock, simulated } = simulatedClock()
    const { ended, exits, run } = startPool({ clock, idleMs: 3_000 })
    await ended(run('Where'))
    await ended(run('Exits'))
    await exits.until(() => true)
    const waiting = run('Where')
    simulated.increment(3_000)

    expect((await ended(waiting)).outcome).toMatchObject({ kind: 'completed' })
  })
})
