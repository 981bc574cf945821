import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { refresher, type RefresherInput } from '../../src/actors/refresher.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const outage = new Error('connection refused')

function makeInput() {
  const [beat, resign] = [effect(), effect()]
  const failures: unknown[] = []
  const input: RefresherInput = {
    intervalMs: 5_000,
    now: () => new Date(0),
    beat: beat.run,
    resign: resign.run,
    onReturned: () => {},
    onFailed: (error) => failures.push(error),
  }

  return { beat, failures, input, resign }
}

function startRefresher() {
  const made = makeInput()
  const clock = new SimulatedClock()
  const actor = createActor(refresher, { clock, input: made.input }).start()
  const isOver = () => actor.getSnapshot().status === 'done'

  return { ...made, actor, clock, isOver }
}

describe('refresher', () => {
  test('shows when a beat was answered last', async () => {
    const { actor, beat, clock } = startRefresher()
    const shown = () => actor.getSnapshot().context.public
    await beat.reject(outage)
    expect(shown()).toEqual({ beatAt: null })
    clock.increment(1_000)
    await beat.resolve()

    expect(shown()).toEqual({ beatAt: new Date(0) })
  })

  test('beats at once, and then at its interval', async () => {
    const { beat, clock } = startRefresher()
    await beat.resolve()
    clock.increment(4_999)
    expect(beat.calls).toHaveLength(1)
    clock.increment(1)

    expect(beat.calls).toHaveLength(2)
  })

  test('tries a beat that failed again each second, and reports it', async () => {
    const { beat, clock, failures } = startRefresher()
    await beat.reject(outage)
    clock.increment(999)
    expect(beat.calls).toHaveLength(1)
    clock.increment(1)
    await beat.reject(outage)
    clock.increment(1_000)
    await beat.resolve()
    clock.increment(4_999)

    expect([beat.calls.length, failures]).toEqual([3, [outage, outage]])
  })

  test('never has two beats under way', () => {
    const { actor, beat, clock } = startRefresher()
    actor.send({ type: 'beat.now' })
    clock.increment(60_000)

    expect(beat.calls).toHaveLength(1)
  })

  test('beats at once for a claim whose answer may be lost', async () => {
    const { actor, beat } = startRefresher()
    await beat.resolve()
    actor.send({ type: 'beat.now' })

    expect(beat.calls).toHaveLength(2)
  })

  test('beats once more for a claim that failed during a beat, which may have looked before', async () => {
    const { actor, beat } = startRefresher()
    actor.send({ type: 'beat.now' })
    actor.send({ type: 'beat.now' })
    await beat.resolve()
    expect(beat.calls).toHaveLength(2)
    await beat.resolve()

    expect(beat.calls).toHaveLength(2)
  })

  test.each(['beating', 'waiting', 'failing'])(
    'resigns when asked to stop while %s',
    async (when) => {
      const { actor, beat, isOver, resign } = startRefresher()
      if (when === 'waiting') await beat.resolve()
      if (when === 'failing') await beat.reject(outage)
      actor.send({ type: 'sup.shutdown' })
      expect(isOver()).toBe(false)
      await resign.resolve()

      expect(isOver()).toBe(true)
    },
  )

  test('beats no more once it resigns', async () => {
    const { actor, beat, clock } = startRefresher()
    await beat.resolve()
    actor.send({ type: 'sup.shutdown' })
    actor.send({ type: 'beat.now' })
    clock.increment(60_000)

    expect(beat.calls).toHaveLength(1)
  })

  test('resigns once, however often it is asked', async () => {
    const { actor, beat, resign } = startRefresher()
    await beat.resolve()
    actor.send({ type: 'sup.shutdown' })
    actor.send({ type: 'sup.shutdown' })

    expect(resign.calls).toHaveLength(1)
  })

  test('leaves its rows to the lifelines of others when it cannot resign', async () => {
    const { actor, failures, isOver, resign } = startRefresher()
    actor.send({ type: 'sup.shutdown' })
    await resign.reject(outage)

    expect([isOver(), failures]).toEqual([true, [outage]])
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) =>
      createActor(refresher, { clock, input: makeInput().input }).start(),
    )
  })
})
