import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { hasTried, midwife, type MidwifeInput } from '../../src/actors/midwife.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const failure = new Error('the foreman is not there')

function makeInput() {
  const start = effect()
  const failures: unknown[] = []
  const input: MidwifeInput = {
    startQueues: start.run,
    onFailed: (error) => failures.push(error),
  }

  return { failures, input, start }
}

function startMidwife() {
  const made = makeInput()
  const clock = new SimulatedClock()
  const actor = createActor(midwife, { clock, input: made.input }).start()

  return { ...made, actor, clock }
}

describe('midwife', () => {
  test('starts the queues once', async () => {
    const { clock, start } = startMidwife()
    await start.resolve()
    clock.increment(3_600_000)

    expect(start.calls).toHaveLength(1)
  })

  test('tries again each second until they are started', async () => {
    const { clock, failures, start } = startMidwife()
    await start.reject(failure)
    clock.increment(999)
    expect(start.calls).toHaveLength(1)
    clock.increment(1)
    await start.resolve()
    clock.increment(60_000)

    expect([failures, start.calls.length]).toEqual([[failure], 2])
  })

  test('is ready when the queues are, or when it has tried', async () => {
    const { actor, start } = startMidwife()
    expect(hasTried(actor.getSnapshot())).toBe(false)
    await start.reject(failure)

    expect(hasTried(actor.getSnapshot())).toBe(true)
  })

  test.each(['delivering', 'waiting', 'resting'])('stops when asked to while %s', async (when) => {
    const { actor, clock, start } = startMidwife()
    if (when === 'waiting') await start.reject(failure)
    if (when === 'resting') await start.resolve()
    actor.send({ type: 'sup.shutdown' })
    if (start.open > 0) await start.reject(failure)
    clock.increment(60_000)

    expect([actor.getSnapshot().status, start.calls.length]).toEqual(['done', 1])
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => createActor(midwife, { clock, input: makeInput().input }).start())
  })
})
