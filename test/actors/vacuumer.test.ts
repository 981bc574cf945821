import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import type { PeerMessage } from '../../src/actors/peer.ts'
import { vacuumer, type Vacuum, type VacuumerInput } from '../../src/actors/vacuumer.ts'
import type { Counters } from '../../src/protocol/wear.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const outage = new Error('connection refused')
const vacuumed: Vacuum = { outcome: 'vacuumed', tookMs: 100 }

function makeInput() {
  const look = effect<Counters | undefined, [signal: AbortSignal]>()
  const vacuum = effect<Vacuum, [processed: number, signal: AbortSignal]>()
  const heed = effect<boolean, [signal: AbortSignal]>()
  const watched: PeerMessage[] = []
  const told: unknown[] = []
  const input: VacuumerInput = {
    looks: { leastMs: 1_000, mostMs: 5_000 },
    every: 1_000,
    look: look.run,
    vacuum: vacuum.run,
    isInTheWay: heed.run,
    watch: (message) => watched.push(message),
    onDenied: () => told.push('denied'),
    onFailed: (error) => told.push(error),
  }

  return { heed, input, look, told, vacuum, watched }
}

function startVacuumer() {
  const made = makeInput()
  const clock = new SimulatedClock()
  const actor = createActor(vacuumer, { clock, input: made.input }).start()
  const lead = () => actor.send({ type: 'leader.elected' })
  const follow = () => actor.send({ type: 'leader.resigned' })
  /** Let time pass until the next look, and answer it. */
  const see = async (updates: number, vacuums = 0, dead = 0) => {
    clock.increment(5_000)
    await made.look.resolve({ atMs: clock.now(), updates, dead, vacuums })
  }
  /** Expect the next look after so much time, and no sooner. */
  const expectLookIn = (ms: number) => {
    clock.increment(ms - 1)
    expect(made.look.open).toBe(0)
    clock.increment(1)
    expect(made.look.open).toBe(1)
  }
  const vacuums = () => made.vacuum.calls.map(([processed]) => processed)

  return { ...made, actor, clock, expectLookIn, follow, lead, see, vacuums }
}

describe('vacuumer', () => {
  test('asks the peer who leads when it starts', () => {
    expect(startVacuumer().watched).toEqual([{ type: 'watch', watcher: 'vacuumer' }])
  })

  test('looks once in an interval while it leads, and does nothing else on an idle node', async () => {
    const { clock, follow, lead, look, see, vacuums } = startVacuumer()
    clock.increment(60_000)
    expect(look.calls).toEqual([])
    lead()
    for (let time = 0; time < 10; time += 1) await see(0)
    follow()
    clock.increment(60_000)

    expect([look.calls.length, vacuums()]).toEqual([10, []])
  })

  test('vacuums when so many jobs were processed, and counts anew after it', async () => {
    const { lead, see, vacuum, vacuums } = startVacuumer()
    lead()
    await see(0)
    await see(1_998)
    expect(vacuums()).toEqual([])
    await see(2_400)
    await vacuum.resolve(vacuumed)
    await see(2_500, 1)
    await see(4_390, 1)
    expect(vacuums()).toEqual([1_200])
    await see(4_500, 1)

    expect(vacuums()).toEqual([1_200, 1_000])
  })

  test('leaves it to the vacuum of somebody else, and looks again', async () => {
    const { clock, expectLookIn, lead, look, see, vacuum, vacuums } = startVacuumer()
    lead()
    await see(0)
    await see(2_000)
    await vacuum.resolve({ outcome: 'busy', tookMs: 5 })
    expectLookIn(5_000)
    await look.resolve({ atMs: clock.now(), updates: 2_000, dead: 0, vacuums: 0 })
    await vacuum.resolve({ outcome: 'busy', tookMs: 5 })
    await see(2_000, 1)

    expect(vacuums()).toEqual([1_000, 1_000])
  })

  test('looks when so many are processed at the pace between its looks', async () => {
    const { expectLookIn, lead, see } = startVacuumer()
    lead()
    await see(0)
    await see(1_250)
    expectLookIn(3_000)
  })

  test.each([
    [10_000, 40_000],
    [100, 1_000],
  ])('rests four times as long as a vacuum took: %i ms, %i', async (tookMs, restMs) => {
    const { expectLookIn, lead, see, vacuum } = startVacuumer()
    lead()
    await see(0)
    await see(9_000)
    await vacuum.resolve({ outcome: 'vacuumed', tookMs })
    expectLookIn(restMs)
  })

  test('goes by the dead rows that it finds when it begins to lead, not by what it saw before', async () => {
    const { follow, lead, see, vacuums } = startVacuumer()
    lead()
    await see(0)
    follow()
    lead()
    await see(50_000, 7, 100)
    expect(vacuums()).toEqual([])
    follow()
    lead()
    await see(50_000, 7, 4_000)

    expect(vacuums()).toEqual([2_000])
  })

  test('tells once that it is not allowed, and asks nothing any more', async () => {
    const { actor, clock, follow, lead, look, see, told, vacuum } = startVacuumer()
    lead()
    await see(0)
    await see(2_000)
    await vacuum.resolve({ outcome: 'denied', tookMs: 1 })
    follow()
    lead()
    clock.increment(600_000)

    expect([told, look.calls.length]).toEqual([['denied'], 2])
    actor.send({ type: 'sup.shutdown' })
    expect(actor.getSnapshot().status).toBe('done')
  })

  test('reports a look or a vacuum that fails, and tries again at the next interval', async () => {
    const { clock, lead, look, see, told, vacuum, vacuums } = startVacuumer()
    lead()
    await see(0)
    clock.increment(5_000)
    await look.reject(outage)
    await see(2_000)
    await vacuum.reject(outage)
    await see(2_200)

    expect([told, vacuums()]).toEqual([
      [outage, outage],
      [1_000, 1_100],
    ])
  })

  test('asks a server that does not answer as seldom as an idle one', async () => {
    const { clock, expectLookIn, lead, look, see } = startVacuumer()
    lead()
    await see(0)
    await see(1_800)
    clock.increment(1_000)
    await look.reject(outage)
    expectLookIn(5_000)
  })

  test('has nothing to do where nothing is counted', async () => {
    const { clock, lead, look, vacuums } = startVacuumer()
    lead()
    for (let time = 0; time < 3; time += 1) {
      clock.increment(5_000)
      await look.resolve(undefined)
    }

    expect(vacuums()).toEqual([])
  })

  test.each(['leader.resigned', 'sup.shutdown'] as const)('ends a vacuum by %s', async (type) => {
    const { actor, clock, lead, see, vacuum } = startVacuumer()
    lead()
    await see(0)
    await see(2_000)
    const signal = vacuum.calls[0]?.[1]
    expect(signal?.aborted).toBe(false)
    actor.send({ type })
    clock.increment(60_000)

    expect([signal?.aborted, vacuum.calls.length]).toEqual([true, 1])
  })

  test('makes way for who waits for the table, and looks again', async () => {
    const { clock, expectLookIn, heed, lead, see, told, vacuum } = startVacuumer()
    lead()
    await see(0)
    await see(2_000)
    const signal = vacuum.calls[0]?.[1]
    clock.increment(1_000)
    await heed.resolve(false)
    clock.increment(1_000)
    await heed.reject(outage)
    clock.increment(1_000)
    expect([signal?.aborted, told]).toEqual([false, [outage]])
    await heed.resolve(true)
    expect(signal?.aborted).toBe(true)
    expectLookIn(5_000)
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => {
      const actor = createActor(vacuumer, { clock, input: makeInput().input }).start()
      actor.send({ type: 'leader.elected' })
      clock.increment(5_000)

      return actor
    })
  })
})
