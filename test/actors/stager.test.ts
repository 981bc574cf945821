import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { stager, type StagerInput, type Staging } from '../../src/actors/stager.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const outage = new Error('connection refused')

const found = (...queues: string[]): Staging => ({ queues, timeout: undefined })
const tooSlow: Staging = { queues: [], timeout: new Error('canceling statement') }

function makeInput(overrides: Partial<StagerInput> = {}) {
  const stage = effect<Staging, [limit: number, signal: AbortSignal]>()
  const woken: string[] = []
  const failures: unknown[] = []
  const input: StagerInput = {
    intervalMs: 1_000,
    limit: 5_000,
    now: () => new Date(0),
    stage: stage.run,
    wake: (queues) => woken.push(...queues),
    onFailed: (error) => failures.push(error),
    ...overrides,
  }

  return { failures, input, stage, woken }
}

function startStager(overrides?: Partial<StagerInput>) {
  const made = makeInput(overrides)
  const clock = new SimulatedClock()
  const actor = createActor(stager, { clock, input: made.input }).start()

  return { ...made, actor, clock }
}

describe('stager', () => {
  test('shows when a look was answered last', async () => {
    const { actor, clock, stage } = startStager()
    const shown = () => actor.getSnapshot().context.public
    expect(shown()).toEqual({ lookedAt: null })
    await stage.resolve(found())
    clock.increment(1_000)
    await stage.reject(outage)

    expect(shown()).toEqual({ lookedAt: new Date(0) })
  })

  test('looks at once, and then at its interval', async () => {
    const { clock, stage } = startStager()
    await stage.resolve(found())
    clock.increment(999)
    expect(stage.calls).toHaveLength(1)
    clock.increment(1)

    expect(stage.calls).toHaveLength(2)
  })

  test('wakes the queues that have something to run', async () => {
    const { stage, woken } = startStager()
    await stage.resolve(found('default', 'media'))

    expect(woken).toEqual(['default', 'media'])
  })

  test('reports a look that failed and waits for the next', async () => {
    const { clock, failures, stage, woken } = startStager()
    await stage.reject(outage)
    expect(failures).toEqual([outage])
    clock.increment(1_000)
    await stage.resolve(found('default'))

    expect(woken).toEqual(['default'])
  })

  test('asks for fewer after a look that took too long, and for more again later', async () => {
    const { clock, failures, stage, woken } = startStager({ limit: 400 })
    for (const answer of [tooSlow, tooSlow, tooSlow, found('default'), found(), found()]) {
      await stage.resolve(answer)
      clock.increment(1_000)
    }

    expect(stage.calls.map(([limit]) => limit)).toEqual([400, 200, 100, 100, 200, 400, 400])
    expect([failures.length, woken]).toEqual([3, ['default']])
  })

  test('looks only when told to with an interval without end', async () => {
    const { actor, clock, stage } = startStager({ intervalMs: Infinity })
    await stage.resolve(found())
    clock.increment(24 * 3_600_000)
    expect(stage.calls).toHaveLength(1)
    actor.send({ type: 'stage.now' })

    expect(stage.calls).toHaveLength(2)
  })

  test('ends a look that is under way when it stops', () => {
    const { actor, stage } = startStager()
    actor.send({ type: 'sup.shutdown' })

    expect(stage.calls.map(([, signal]) => signal.aborted)).toEqual([true])
  })

  test('looks at once when told that jobs are available', async () => {
    const { actor, stage } = startStager()
    await stage.resolve(found())
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
    await stage.resolve(found('default'))

    expect([actor.getSnapshot().status, woken]).toEqual(['done', []])
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => createActor(stager, { clock, input: makeInput().input }).start())
  })
})
