import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { stager, type StagerInput } from '../../src/actors/stager.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const outage = new Error('connection refused')

function makeInput() {
  const stage = effect<readonly string[]>()
  const woken: string[] = []
  const failures: unknown[] = []
  const input: StagerInput = {
    intervalMs: 1_000,
    now: () => new Date(0),
    stage: stage.run,
    wake: (queues) => woken.push(...queues),
    onFailed: (error) => failures.push(error),
  }

  return { failures, input, stage, woken }
}

function startStager() {
  const made = makeInput()
  const clock = new SimulatedClock()
  const actor = createActor(stager, { clock, input: made.input }).start()

  return { ...made, actor, clock }
}

describe('stager', () => {
  test('shows when a look was answered last', async () => {
    const { actor, clock, stage } = startStager()
    const shown = () => actor.getSnapshot().context.public
    expect(shown()).toEqual({ lookedAt: null })
    await stage.resolve([])
    clock.increment(1_000)
    await stage.reject(outage)

    expect(shown()).toEqual({ lookedAt: new Date(0) })
  })

  test('looks at once, and then at its interval', async () => {
    const { clock, stage } = startStager()
    await stage.resolve([])
    clock.increment(999)
    expect(stage.calls).toHaveLength(1)
    clock.increment(1)

    expect(stage.calls).toHaveLength(2)
  })

  test('wakes the queues that have something to run', async () => {
    const { stage, woken } = startStager()
    await stage.resolve(['default', 'media'])

    expect(woken).toEqual(['default', 'media'])
  })

  test('reports a look that failed and waits for the next', async () => {
    const { clock, failures, stage, woken } = startStager()
    await stage.reject(outage)
    expect(failures).toEqual([outage])
    clock.increment(1_000)
    await stage.resolve(['default'])

    expect(woken).toEqual(['default'])
  })

  test('looks at once when told that jobs are available', async () => {
    const { actor, stage } = startStager()
    await stage.resolve([])
    actor.send({ type: 'stage.now' })

    expect(stage.calls).toHaveLength(2)
  })

  test('never has two looks under way', () => {
    const { actor, clock, stage } = startStager()
    actor.send({ type: 'stage.now' })
    clock.increment(60_000)

    expect(stage.calls).toHaveLength(1)
  })

  test('wakes nobody once it has stopped', async () => {
    const { actor, stage, woken } = startStager()
    actor.send({ type: 'sup.shutdown' })
    await stage.resolve(['default'])

    expect([actor.getSnapshot().status, woken]).toEqual(['done', []])
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => createActor(stager, { clock, input: makeInput().input }).start())
  })
})
