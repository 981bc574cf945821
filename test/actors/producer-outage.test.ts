import { createActor, SimulatedClock, waitFor } from 'xstate'
import { describe, expect, test } from 'vitest'
import { producer } from '../../src/actors/producer.ts'
import { Tenure } from '../../src/protocol/tenure.ts'

/** A producer whose database is away while `outage.lasts`; each query is written down. */
function startProducer() {
  const clock = new SimulatedClock()
  const outage = { lasts: true }
  const queries: string[] = []
  const ask = async (what: string) => {
    queries.push(what)
    await Promise.resolve()
    if (outage.lasts) throw new Error('connection refused')
  }
  const input = {
    queue: 'media',
    tenure: new Tenure('8f9a0000-0000-4000-8000-000000000001', 'media', new Date(0)),
    limit: 10,
    paused: false,
    prefetch: 0,
    lingering: () => 0,
    cooldownMs: 5,
    monotonicMs: () => clock.now(),
    register: () => ask('register'),
    fetch: async () => {
      await ask('fetch')

      return []
    },
    run: () => {},
    giveBack: () => {},
    onFailed: () => {},
    onDrained: () => {},
  }
  const actor = createActor(producer, { clock, input }).start()
  const reaches = (state: Parameters<ReturnType<typeof actor.getSnapshot>['matches']>[0]) =>
    waitFor(actor, (snapshot) => snapshot.matches(state))

  return { actor, clock, outage, queries, reaches }
}

describe('producer after an outage', () => {
  test('registers at once when the database has returned', async () => {
    const { actor, outage, queries, reaches } = startProducer()

    await reaches('unregistered')
    outage.lasts = false
    actor.send({ type: 'database.returned' })
    await reaches({ running: 'cooling' })

    expect(queries).toEqual(['register', 'register', 'fetch'])
  })

  test('claims at once when the database has returned', async () => {
    const { actor, clock, outage, queries, reaches } = startProducer()
    await reaches('unregistered')
    outage.lasts = false
    actor.send({ type: 'database.returned' })
    await reaches({ running: 'cooling' })

    outage.lasts = true
    actor.send({ type: 'jobs.available' })
    clock.increment(5)
    await reaches({ running: 'failing' })
    outage.lasts = false
    actor.send({ type: 'database.returned' })
    await reaches({ running: 'cooling' })

    expect(queries.slice(2)).toEqual(['fetch', 'fetch', 'fetch'])
  })
})
