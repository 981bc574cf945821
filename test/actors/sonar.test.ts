import { createActor } from 'xstate'
import { describe, expect, test } from 'vitest'
import { sonar, type SonarInput } from '../../src/actors/sonar.ts'
import { effect } from '../support/effect.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { stressActor } from '../support/start-stop.ts'

const away = new Error('connection refused')

function makeInput() {
  const ping = effect()
  const told: unknown[] = []
  const { clock, simulated } = simulatedClock()
  const input: SonarInput = {
    node: 'web.1',
    monotonicMs: clock.monotonicMs,
    jitter: (ms) => ms,
    ping: ping.run,
    onSwitch: (connectivity) => told.push(connectivity),
    onFailed: (error) => told.push(error),
  }

  return { input, ping, simulated, told }
}

function startSonar() {
  const made = makeInput()
  const actor = createActor(sonar, { clock: made.simulated, input: made.input }).start()
  const hear = (node: string) => actor.send({ type: 'ping.heard', node })
  /** The ping that is under way is sent, and comes back. */
  const echo = async () => {
    await made.ping.resolve()
    hear('web.1')
  }
  /** Time goes by until the next ping; its milliseconds. */
  const nextPing = () => {
    const before = made.ping.calls.length
    let waitedMs = 0
    while (made.ping.calls.length === before && waitedMs < 200_000) {
      made.simulated.increment(1_000)
      waitedMs += 1_000
    }

    return waitedMs
  }

  return { ...made, actor, echo, hear, nextPing }
}

describe('sonar', () => {
  test('is solitary when it hears its own ping, clustered when it hears another', async () => {
    const { actor, echo, hear, told } = startSonar()
    expect(told).toEqual([])
    await echo()
    expect(told).toEqual(['solitary'])
    hear('web.2')
    hear('web.3')
    hear('web.3')

    expect(told).toEqual(['solitary', 'clustered'])
    expect(actor.getSnapshot().context.public).toEqual({ others: 2 })
  })

  test('is clustered at once when others were heard before its own ping came back', async () => {
    const { echo, hear, told } = startSonar()
    hear('web.2')
    expect(told).toEqual([])
    await echo()

    expect(told).toEqual(['clustered'])
  })

  test('is isolated when its own ping has not come back by the next', async () => {
    const { hear, ping, simulated, told } = startSonar()
    await ping.resolve()
    simulated.increment(4_999)
    expect(told).toEqual([])
    simulated.increment(1)
    expect(told).toEqual(['isolated'])
    hear('web.1')

    expect(told).toEqual(['isolated', 'solitary'])
  })

  test('is isolated as soon as the listener is lost, and pings when it is back', async () => {
    const { actor, echo, hear, ping, told } = startSonar()
    await echo()
    hear('web.2')
    actor.send({ type: 'session.lost' })
    expect(told).toEqual(['solitary', 'clustered', 'isolated'])
    actor.send({ type: 'session.up' })
    expect(ping.calls).toHaveLength(2)
    await echo()

    // What it knew of the other is not stale yet.
    expect(told).toEqual(['solitary', 'clustered', 'isolated', 'clustered'])
  })

  test('pings again when the listener came up after the first ping was sent', async () => {
    const { actor, hear, nextPing, ping, told } = startSonar()
    actor.send({ type: 'session.up' })
    expect(ping.calls).toHaveLength(2)
    await ping.resolve()
    await ping.resolve()
    hear('web.1')
    nextPing()

    expect(told).toEqual(['solitary'])
  })

  test('hears itself whoever else pings, and forgets strangers as it forgets nodes', async () => {
    const { actor, echo, hear, nextPing, told } = startSonar()
    const strangers = Array.from({ length: 10_050 }, (_, number) => `stranger ${number}`)
    for (const node of strangers) hear(node)
    await echo()
    expect(told).toEqual(['clustered'])
    expect(actor.getSnapshot().context.public).toEqual({ others: 10_000 })
    for (let time = 0; time < 6; time += 1) {
      nextPing()
      await echo()
    }

    expect(told).toEqual(['clustered', 'solitary'])
  })

  test('pings ever more rarely, up to once a minute', async () => {
    const { echo, nextPing } = startSonar()
    const waits: number[] = []
    await echo()
    for (let time = 0; time < 6; time += 1) {
      waits.push(nextPing())
      await echo()
    }

    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
  })

  test('pings at most so often that a node of a cluster is heard each five seconds', async () => {
    const { echo, hear, nextPing } = startSonar()
    await echo()
    hear('web.2')
    hear('web.3')
    const waits: number[] = []
    for (let time = 0; time < 4; time += 1) {
      waits.push(nextPing())
      await echo()
    }

    expect(waits).toEqual([5_000, 10_000, 15_000, 15_000])
  })

  test('lets one that comes know within five seconds that it is there', async () => {
    const { echo, hear, nextPing } = startSonar()
    await echo()
    for (let time = 0; time < 5; time += 1) {
      nextPing()
      await echo()
    }
    hear('web.2')

    expect(nextPing()).toBe(5_000)
  })

  test('forgets a node that was not heard for two minutes', async () => {
    const { actor, echo, hear, nextPing, told } = startSonar()
    await echo()
    hear('web.2')
    let waitedMs = 0
    while (told.at(-1) === 'clustered') {
      waitedMs += nextPing()
      await echo()
    }

    expect(told).toEqual(['solitary', 'clustered', 'solitary'])
    expect(waitedMs).toBeGreaterThanOrEqual(120_000)
    expect(waitedMs).toBeLessThanOrEqual(130_000)
    expect(actor.getSnapshot().context.public).toEqual({ others: 0 })
  })

  test('reports a ping that fails, and holds it against nobody', async () => {
    const { echo, nextPing, ping, told } = startSonar()
    await echo()
    nextPing()
    await ping.reject(away)
    nextPing()
    await echo()

    expect(told).toEqual(['solitary', away])
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => createActor(sonar, { clock, input: makeInput().input }).start())
  })

  test('hears itself, however many others claim to be there', async () => {
    const { actor, echo, hear, told } = startSonar()
    for (let n = 0; n < 12_000; n += 1) hear(`node.${n}`)
    await echo()

    expect(told).toEqual(['clustered'])
    expect(actor.getSnapshot().context.public.others).toBe(10_000)
  })
})
