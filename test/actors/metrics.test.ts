import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { metrics, type MetricsInput } from '../../src/actors/metrics.ts'
import type { PeerMessage } from '../../src/actors/peer.ts'
import { effect, settled } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const outage = new Error('connection refused')

function makeInput(counts = true) {
  const publish = effect()
  const farewell = effect()
  const record = effect<never, [signal: AbortSignal]>()
  const count = effect<never, [signal: AbortSignal]>()
  const watched: PeerMessage[] = []
  const failures: unknown[] = []
  const input: MetricsInput = {
    intervalMs: 1_000,
    recountMs: 30_000,
    record: record.run,
    publish: publish.run,
    counts,
    count: count.run,
    farewell: farewell.run,
    watch: (message) => watched.push(message),
    onFailed: (error) => failures.push(error),
  }

  return { count, failures, farewell, input, publish, record, watched }
}

function startMetrics(counts?: boolean) {
  const made = makeInput(counts)
  const clock = new SimulatedClock()
  const actor = createActor(metrics, { clock, input: made.input })
  const crashes: unknown[] = []
  actor.subscribe({ error: (error) => crashes.push(error) })
  actor.start()

  return { ...made, actor, clock, crashes }
}

describe('metrics', () => {
  test('publishes once a second, each time after the last has been sent', async () => {
    const { clock, publish } = startMetrics()
    clock.increment(999)
    expect(publish.calls).toHaveLength(0)
    clock.increment(1)
    clock.increment(5_000)
    expect(publish.calls).toHaveLength(1)
    await publish.resolve()
    clock.increment(1_000)

    expect(publish.calls).toHaveLength(2)
  })

  test('reports what fails and goes on at the next second', async () => {
    const { actor, clock, crashes, failures, publish } = startMetrics()
    for (let second = 0; second < 10; second += 1) {
      clock.increment(1_000)
      await publish.reject(outage)
    }

    expect([failures.length, crashes, actor.getSnapshot().status]).toEqual([10, [], 'active'])
  })

  test('records from its start until it stops', () => {
    const { actor, record } = startMetrics()
    const isAborted = () => record.calls[0]?.[0].aborted
    expect([record.calls.length, isAborted()]).toEqual([1, false])
    actor.send({ type: 'sup.shutdown' })

    expect(isAborted()).toBe(true)
  })

  test('crashes when the recording ends by itself', async () => {
    const { crashes, record } = startMetrics()
    await record.reject(outage)

    expect(crashes).toEqual([outage])
  })

  test('asks the peer who leads, and counts for as long as it does', () => {
    const { actor, count, watched } = startMetrics()
    expect([watched, count.calls.length]).toEqual([[{ type: 'watch', watcher: 'metrics' }], 0])
    actor.send({ type: 'leader.elected' })
    actor.send({ type: 'leader.elected' })
    expect(count.calls).toHaveLength(1)
    actor.send({ type: 'leader.resigned' })

    expect([count.calls.length, count.calls[0]?.[0].aborted]).toEqual([1, true])
  })

  test('leaves a database alone for a while that gave up on a count', async () => {
    const { actor, clock, count, failures } = startMetrics()
    actor.send({ type: 'leader.elected' })
    await count.reject(outage)
    clock.increment(29_999)
    expect([failures, count.calls.length]).toEqual([[outage], 1])
    clock.increment(1)

    expect(count.calls).toHaveLength(2)
  })

  test('does not count where others do', () => {
    const { actor, count } = startMetrics(false)
    actor.send({ type: 'leader.elected' })

    expect(count.calls).toHaveLength(0)
  })

  test('says farewell when it is asked to stop, and waits for it a second at most', async () => {
    const { actor, clock, farewell, publish } = startMetrics()
    actor.send({ type: 'sup.shutdown' })
    actor.send({ type: 'sup.shutdown' })
    clock.increment(999)
    expect([farewell.calls.length, actor.getSnapshot().status]).toEqual([1, 'active'])
    clock.increment(1)
    await settled()

    expect([publish.calls.length, actor.getSnapshot().status]).toEqual([0, 'done'])
  })

  test('ends with a farewell that fails', async () => {
    const { actor, failures, farewell } = startMetrics()
    actor.send({ type: 'sup.shutdown' })
    await farewell.reject(outage)

    expect([failures, actor.getSnapshot().status]).toEqual([[outage], 'done'])
  })

  test('leaves nothing behind', async () => {
    for (const answer of [() => Promise.resolve(), () => Promise.reject(outage)]) {
      await stressActor((clock) => {
        const input = { ...makeInput().input, publish: answer, farewell: answer }
        const actor = createActor(metrics, { clock, input }).start()
        actor.send({ type: 'leader.elected' })
        clock.increment(1_000)

        return actor
      })
    }
  })
})
