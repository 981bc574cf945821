import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { notifier, type NotifierInput } from '../../src/actors/notifier.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const lost = new Error('the connection was closed')
const pooled = new Error('a pooler is between')

function makeInput() {
  const session = effect<never, [signal: AbortSignal, onUp: () => void]>()
  const told: unknown[] = []
  const input: NotifierInput = {
    session: session.run,
    now: () => new Date(0),
    onUp: () => told.push('up'),
    onDown: (error) => told.push(error),
    isPooled: (error) => error === pooled,
  }

  return { input, session, told }
}

function startNotifier() {
  const made = makeInput()
  const clock = new SimulatedClock()
  const actor = createActor(notifier, { clock, input: made.input }).start()
  /** The latest session has proved that it hears. */
  const comeUp = () => made.session.calls.at(-1)?.[1]()

  return { ...made, actor, clock, comeUp }
}

describe('notifier', () => {
  test('shows since when it hears, and how much it could not read', async () => {
    const { actor, comeUp, session } = startNotifier()
    const shown = () => actor.getSnapshot().context.public
    actor.send({ type: 'payload.ignored' })
    comeUp()
    actor.send({ type: 'payload.ignored' })
    expect(shown()).toEqual({ connectedAt: new Date(0), ignored: 2 })
    await session.reject(lost)

    expect(shown()).toEqual({ connectedAt: null, ignored: 2 })
  })

  test('tells that it hears once the session has proved it', () => {
    const { comeUp, told } = startNotifier()
    expect(told).toEqual([])
    comeUp()

    expect(told).toEqual(['up'])
  })

  test('is back 200 milliseconds after a loss', async () => {
    const { clock, comeUp, session, told } = startNotifier()
    comeUp()
    await session.reject(lost)
    clock.increment(199)
    expect(session.calls).toHaveLength(1)
    clock.increment(1)
    comeUp()

    expect(told).toEqual(['up', lost, 'up'])
  })

  test('waits longer while no session comes up, never more than two seconds', async () => {
    const { clock, session } = startNotifier()
    for (const patience of [200, 400, 800, 1_600, 2_000, 2_000]) {
      await session.reject(lost)
      clock.increment(patience - 1)
      expect(session.open).toBe(0)
      clock.increment(1)
      expect(session.open).toBe(1)
    }
  })

  test('starts from the shortest wait after a session that was up', async () => {
    const { clock, comeUp, session } = startNotifier()
    for (let time = 0; time < 5; time += 1) {
      await session.reject(lost)
      clock.increment(2_000)
    }
    comeUp()
    await session.reject(lost)
    clock.increment(200)

    expect(session.open).toBe(1)
  })

  test('looks once a minute whether a pooler still stands between', async () => {
    const { clock, comeUp, session, told } = startNotifier()
    for (let time = 0; time < 2; time += 1) {
      await session.reject(pooled)
      clock.increment(59_999)
      expect(session.open).toBe(0)
      clock.increment(1)
      expect(session.open).toBe(1)
    }
    comeUp()

    expect(told).toEqual([pooled, pooled, 'up'])
  })

  test('ends its session when it stops, and does not mourn it', async () => {
    const { actor, clock, session, told } = startNotifier()
    const [signal] = session.calls[0] ?? []
    actor.send({ type: 'sup.shutdown' })
    expect(signal?.aborted).toBe(true)
    await session.reject(lost)
    clock.increment(60_000)

    expect([actor.getSnapshot().status, session.calls.length, told]).toEqual(['done', 1, []])
  })

  test('ends its session when it is stopped by force', () => {
    const { actor, session } = startNotifier()
    actor.stop()

    expect(session.calls[0]?.[0].aborted).toBe(true)
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => createActor(notifier, { clock, input: makeInput().input }).start())
  })
})
