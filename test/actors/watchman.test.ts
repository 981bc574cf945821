import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { watchman, type WatchmanInput } from '../../src/actors/watchman.ts'
import { stressActor } from '../support/start-stop.ts'

function makeInput(overrides: Partial<WatchmanInput> = {}) {
  const done: string[] = []
  const input: WatchmanInput = {
    graceMs: 15_000,
    drain: () => done.push('drain') > 0,
    abort: () => done.push('abort'),
    onEnd: () => done.push('end'),
    ...overrides,
  }

  return { done, input }
}

function startWatchman(overrides: Partial<WatchmanInput> = {}) {
  const { done, input } = makeInput(overrides)
  const clock = new SimulatedClock()
  const actor = createActor(watchman, { clock, input }).start()
  const isOver = () => actor.getSnapshot().status === 'done'

  return { actor, clock, done, isOver }
}

describe('watchman', () => {
  test('has the producer drain when it is asked to stop, not before', () => {
    const { actor, done, isOver } = startWatchman()
    expect(done).toEqual([])

    actor.send({ type: 'sup.shutdown' })
    expect([done, isOver()]).toEqual([['drain'], false])
  })

  test('is over as soon as nothing runs', () => {
    const { actor, done, isOver } = startWatchman()
    actor.send({ type: 'sup.shutdown' })
    actor.send({ type: 'queue.drained' })

    expect([done, isOver()]).toEqual([['drain', 'end'], true])
  })

  test('does not wait for a producer that is gone', () => {
    const { actor, isOver } = startWatchman({ drain: () => false })
    actor.send({ type: 'sup.shutdown' })

    expect(isOver()).toBe(true)
  })

  test('aborts what runs at the end of the grace, and goes on a second later', () => {
    const { actor, clock, done, isOver } = startWatchman()
    actor.send({ type: 'sup.shutdown' })
    clock.increment(14_999)
    expect(done).toEqual(['drain'])
    clock.increment(1)
    expect(done).toEqual(['drain', 'abort'])
    clock.increment(999)
    expect(isOver()).toBe(false)

    clock.increment(1)
    expect(isOver()).toBe(true)
  })

  test('is over as soon as the last body heeds its signal', () => {
    const { actor, clock, isOver } = startWatchman()
    actor.send({ type: 'sup.shutdown' })
    clock.increment(15_000)
    actor.send({ type: 'queue.drained' })

    expect(isOver()).toBe(true)
  })

  test('waits for weeks when the grace is without end', () => {
    const { actor, clock, done } = startWatchman({ graceMs: Number.POSITIVE_INFINITY })
    actor.send({ type: 'sup.shutdown' })
    clock.increment(24 * 86_400_000)

    expect(done).toEqual(['drain'])
  })

  test('aborts at once without a grace', () => {
    const { actor, clock, done } = startWatchman({ graceMs: 0 })
    actor.send({ type: 'sup.shutdown' })
    clock.increment(0)

    expect(done).toEqual(['drain', 'abort'])
  })

  test('drains once, however often it is asked', () => {
    const { actor, done } = startWatchman()
    actor.send({ type: 'sup.shutdown' })
    actor.send({ type: 'sup.shutdown' })

    expect(done).toEqual(['drain'])
  })

  test('ignores a drained queue that it did not ask for', () => {
    const { actor, isOver } = startWatchman()
    actor.send({ type: 'queue.drained' })

    expect(isOver()).toBe(false)
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => createActor(watchman, { clock, input: makeInput().input }).start())
  })
})
