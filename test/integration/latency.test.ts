import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs'))

const startIdle = async () => {
  const started = await startOban({
    database: database.url,
    workers: [workerModule],
    queues: { default: 10 },
    // Only notifications can be as quick as the test asks for.
    stager: { interval: { minutes: 10 } },
  })
  await started.told.hears()

  return started
}

/** The middle of the times that `act` takes, once it has run some times, in milliseconds. */
async function medianMs(act: () => Promise<void>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 40; round += 1) {
    const startedAt = performance.now()
    await act()
    if (round >= 10) times.push(performance.now() - startedAt)
  }

  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}

describe('an idle node', () => {
  test('completes a job of its own process at once', async () => {
    const { oban, told } = await startIdle()
    const ms = await medianMs(async () => told.ended((await oban.enqueue('Echo', {})).id))

    // 60 ms on a quiet machine; tests run on busy ones.
    expect(ms).toBeLessThan(300)
  })

  test('completes a job of another process nearly as soon', async () => {
    const { told } = await startIdle()
    const { oban: client } = makeOban({ database: database.url })
    const ms = await medianMs(async () => told.ended((await client.enqueue('Echo', {})).id))

    expect(ms).toBeLessThan(300)
  })
})
