import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { acker, type AckerInput } from '../../src/actors/acker.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const outage = new Error('connection refused')

function makeInput() {
  const flush = effect()
  const failures: unknown[] = []
  const outbox = { waiting: 0, refused: 0 }
  const input: AckerInput = {
    flush: flush.run,
    hasWaiting: () => outbox.waiting > 0,
    countWaiting: () => outbox.waiting + outbox.refused,
    hasRefused: () => outbox.refused > 0,
    onFailed: (error) => failures.push(error),
  }

  return { failures, flush, input, outbox }
}

function startAcker() {
  const made = makeInput()
  const clock = new SimulatedClock()
  const actor = createActor(acker, { clock, input: made.input }).start()
  /** What a run does that ended. */
  const settle = () => {
    made.outbox.waiting += 1
    actor.send({ type: 'acks.waiting' })
  }
  /** The database takes all that waits. */
  const land = () => {
    made.outbox.waiting = 0

    return made.flush.resolve()
  }
  const isOver = () => actor.getSnapshot().status === 'done'

  return { ...made, actor, clock, isOver, land, settle }
}

describe('acker', () => {
  test('shows how many acknowledgements wait now', () => {
    const { actor, outbox } = startAcker()
    const { public: shown } = actor.getSnapshot().context
    outbox.waiting = 3
    expect(JSON.stringify(shown)).toBe('{"waiting":3}')
    outbox.refused = 1
    expect(JSON.stringify(shown)).toBe('{"waiting":4}')
  })

  test('sends at once when its connection is free', () => {
    const { flush, settle } = startAcker()
    expect(flush.calls).toHaveLength(0)
    settle()

    expect(flush.calls).toHaveLength(1)
  })

  test('sends what was left behind by an acker before', () => {
    const { input, flush, outbox } = makeInput()
    outbox.waiting = 1
    createActor(acker, { clock: new SimulatedClock(), input }).start()

    expect(flush.calls).toHaveLength(1)
  })

  test('gathers while its connection is busy, and then sends all in one', async () => {
    const { flush, land, outbox, settle } = startAcker()
    settle()
    settle()
    settle()
    expect(flush.calls).toHaveLength(1)
    await flush.resolve()
    expect([flush.calls.length, outbox.waiting]).toEqual([2, 3])

    await land()
    expect(flush.calls).toHaveLength(2)
  })

  test('tries again after an outage, later each time, and reports it', async () => {
    const { clock, failures, flush, settle } = startAcker()
    settle()
    for (const patience of [200, 400, 800, 1_600]) {
      await flush.reject(outage)
      clock.increment(patience - 1)
      expect(flush.open).toBe(0)
      clock.increment(1)
      expect(flush.open).toBe(1)
    }

    expect(failures).toEqual([outage, outage, outage, outage])
  })

  test('waits no longer than ten seconds, and is calm once the database is back', async () => {
    const { clock, flush, land, settle } = startAcker()
    settle()
    for (let time = 0; time < 20; time += 1) {
      await flush.reject(outage)
      clock.increment(10_000)
    }
    expect(flush.calls).toHaveLength(21)
    await land()
    settle()
    await flush.reject(outage)
    clock.increment(200)

    expect(flush.open).toBe(1)
  })

  test('looks at what was refused every second', async () => {
    const { clock, flush, land, outbox, settle } = startAcker()
    settle()
    outbox.refused = 1
    await land()
    clock.increment(999)
    expect(flush.calls).toHaveLength(1)
    clock.increment(1)
    await flush.resolve()
    clock.increment(1_000)

    expect(flush.calls).toHaveLength(3)
  })

  test('asks nothing of the database while there is nothing to send', () => {
    const { clock, flush } = startAcker()
    clock.increment(3_600_000)

    expect(flush.calls).toHaveLength(0)
  })
})

describe('asked to stop', () => {
  test('flushes once more and is over', async () => {
    const { actor, isOver, land } = startAcker()
    actor.send({ type: 'sup.shutdown' })
    expect(isOver()).toBe(false)
    await land()

    expect(isOver()).toBe(true)
  })

  test('goes on until nothing waits', async () => {
    const { actor, flush, isOver, land, outbox } = startAcker()
    outbox.waiting = 2
    actor.send({ type: 'sup.shutdown' })
    outbox.waiting = 1
    await flush.resolve()
    expect(isOver()).toBe(false)
    await land()

    expect(isOver()).toBe(true)
  })

  test('waits for the flush that is under way, and flushes what has come meanwhile', async () => {
    const { actor, flush, isOver, land, settle } = startAcker()
    settle()
    actor.send({ type: 'sup.shutdown' })
    expect(flush.open).toBe(1)
    await flush.resolve()
    expect([isOver(), flush.open]).toEqual([false, 1])
    await land()

    expect(isOver()).toBe(true)
  })

  test('does not stop over an outage at once, and goes on when it is past', async () => {
    const { actor, clock, failures, flush, isOver, land, outbox } = startAcker()
    outbox.waiting = 1
    actor.send({ type: 'sup.shutdown' })
    await flush.reject(outage)
    expect(isOver()).toBe(false)
    clock.increment(250)
    await land()

    expect([isOver(), failures]).toEqual([true, [outage]])
  })

  test('gives up after five seconds of an outage', async () => {
    const { actor, clock, flush, isOver, outbox } = startAcker()
    outbox.waiting = 1
    actor.send({ type: 'sup.shutdown' })
    for (let time = 0; time < 19; time += 1) {
      await flush.reject(outage)
      clock.increment(250)
    }
    expect(isOver()).toBe(false)
    await flush.reject(outage)
    clock.increment(250)

    expect(isOver()).toBe(true)
  })

  test('takes as long as the database needs, as long as it answers', async () => {
    const { actor, clock, flush, isOver, land, outbox } = startAcker()
    outbox.waiting = 4
    actor.send({ type: 'sup.shutdown' })
    while (outbox.waiting > 1) {
      clock.increment(4_999)
      outbox.waiting -= 1
      await flush.resolve()
    }
    expect(isOver()).toBe(false)
    clock.increment(4_999)
    await land()

    expect([isOver(), flush.calls.length]).toEqual([true, 4])
  })

  test('gives up after five seconds without any answer', () => {
    const { actor, clock, isOver, outbox } = startAcker()
    outbox.waiting = 1
    actor.send({ type: 'sup.shutdown' })
    clock.increment(5_000)

    expect(isOver()).toBe(true)
  })

  test('waits for what was refused, but not for ever', async () => {
    const { actor, clock, flush, isOver, outbox } = startAcker()
    outbox.refused = 1
    actor.send({ type: 'sup.shutdown' })
    await flush.resolve()
    expect(isOver()).toBe(false)
    clock.increment(5_000)

    expect(isOver()).toBe(true)
  })

  test('while it waits out an outage, tries at once', async () => {
    const { actor, flush, isOver, land, settle } = startAcker()
    settle()
    await flush.reject(outage)
    actor.send({ type: 'sup.shutdown' })
    await land()

    expect(isOver()).toBe(true)
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => createActor(acker, { clock, input: makeInput().input }).start())
  })
})
