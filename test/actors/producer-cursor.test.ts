import { describe, expect, test } from 'vitest'
import { FRONT } from '../../src/protocol/claim-cursor.ts'
import { outage, rows, startRunning } from './producer-support.ts'

/** One with a backlog: it has claimed 1 to 4, which ended, and goes on behind them. */
async function startBehind() {
  const producer = await startRunning({ limit: 2 })
  const endAll = () => {
    for (const run of producer.tenure.running()) producer.end(run)
  }
  await producer.claims.resolve(rows(1, 2))
  endAll()
  await producer.claims.resolve(rows(3, 4))
  endAll()
  expect(producer.places.splice(0)).toMatchObject([FRONT, FRONT, { id: '4' }])

  return { ...producer, endAll }
}

describe('a producer with a backlog', () => {
  test('looks from the front before it rests', async () => {
    const { claims, clock, endAll, places } = await startBehind()
    await claims.resolve([])
    expect(places).toEqual([FRONT])
    await claims.resolve([])
    endAll()
    clock.increment(60_000)

    expect(places).toHaveLength(1)
  })

  test('looks from the front for what was announced while it claimed', async () => {
    const { actor, claims, endAll, places } = await startBehind()
    actor.send({ type: 'jobs.available' })
    await claims.resolve(rows(5, 6))
    endAll()

    expect(places).toEqual([FRONT])
  })

  test('looks from the front after a failed claim, which may have landed', async () => {
    const { claims, clock, places } = await startBehind()
    await claims.reject(outage)
    clock.increment(500)

    expect(places).toEqual([FRONT])
  })

  test('looks from the front after it gave something back', async () => {
    const { actor, claims, clock, endAll, givenBack, places } = await startBehind()
    actor.send({ type: 'scale', limit: 1 })
    await claims.resolve(rows(5, 6))
    expect(givenBack).toHaveLength(1)
    endAll()
    clock.increment(10)

    expect(places).toEqual([FRONT])
  })
})
