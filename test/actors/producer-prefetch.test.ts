import { describe, expect, test } from 'vitest'
import { claimedRow } from '../support/claimed-row.ts'
import { settled } from '../support/effect.ts'
import { idsOf, rows, startRunning } from './producer-support.ts'

/** Limit 2, six ahead: eight are claimed, two of them start. */
async function startAhead() {
  const producer = await startRunning({ limit: 2, prefetch: 6 })
  await producer.claims.resolve(rows(1, 2, 3, 4, 5, 6, 7, 8))

  return producer
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('a producer that claims ahead', () => {
  test('starts no more than the limit', async () => {
    const { claims, started, tenure } = await startAhead()

    expect(claims.calls).toEqual([[8]])
    expect([idsOf(started), idsOf(tenure.backlog.runs)]).toEqual([[1, 2], range(3, 8)])
  })

  test('starts the next one without a look at the database', async () => {
    const { claims, end, started } = await startAhead()
    end(started[0])

    expect([idsOf(started), claims.calls.length]).toEqual([[1, 2, 3], 1])
  })

  test('tops up when half of what was claimed ahead has gone', async () => {
    const { claims, end, started } = await startAhead()
    for (const index of [0, 1]) end(started[index])
    expect(claims.calls).toHaveLength(1)
    end(started[2])

    expect(claims.calls).toEqual([[8], [3]])
  })

  test('starts a later claim of a higher priority first', async () => {
    const { claims, end, started } = await startAhead()
    for (const index of [0, 1, 2]) end(started[index])
    await claims.resolve([claimedRow({ id: '99', priority: '-1' })])
    end(started[3])

    expect(idsOf(started)).toEqual([1, 2, 3, 4, 5, 99])
  })

  test('gives back what has not started when it is paused', async () => {
    const { actor, end, givenBack, started, value } = await startAhead()
    actor.send({ type: 'pause' })
    end(started[0])

    expect([value(), idsOf(givenBack), idsOf(started)]).toEqual(['paused', range(3, 8), [1, 2]])
  })

  test('gives back what has not started when it drains, and waits for the rest', async () => {
    const { actor, drains, end, givenBack, started } = await startAhead()
    actor.send({ type: 'drain' })
    end(started[0])
    expect([idsOf(givenBack), drains.length]).toEqual([range(3, 8), 0])
    end(started[1])

    expect([idsOf(started), drains.length]).toEqual([[1, 2], 1])
  })

  test('gives back the last ones when it is scaled down, and starts none until there is room', async () => {
    const { actor, end, givenBack, started } = await startAhead()
    actor.send({ type: 'scale', limit: 1 })
    expect(idsOf(givenBack)).toEqual([8])
    end(started[0])
    expect(idsOf(started)).toEqual([1, 2])
    end(started[1])

    expect(idsOf(started)).toEqual([1, 2, 3])
  })

  test('starts more of them at once when it is scaled up', async () => {
    const { actor, started } = await startAhead()
    actor.send({ type: 'scale', limit: 5 })

    expect(idsOf(started)).toEqual(range(1, 5))
  })

  test('never starts one that was dropped', async () => {
    const { actor, end, started, tenure } = await startAhead()
    const [dropped] = tenure.backlog.runs
    if (dropped) tenure.release(dropped)
    actor.send({ type: 'jobs.settled' })
    end(started[0])
    await settled()

    expect(idsOf(started)).toEqual([1, 2, 4])
  })

  test('bounds what may wait for its acknowledgement by all that it may hold, and one more claim', async () => {
    const { actor, tenure } = await startRunning({ limit: 100, prefetch: 500 })
    expect(tenure.mostUnacknowledged).toBe(700)
    actor.send({ type: 'scale', limit: 10 })
    expect(tenure.mostUnacknowledged).toBe(520)
  })
})
