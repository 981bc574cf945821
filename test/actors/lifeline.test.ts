import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { lifeline, type LifelineInput, type Look, type Rescue } from '../../src/actors/lifeline.ts'
import type { Pulse } from '../../src/protocol/vitality.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const outage = new Error('connection refused')

const rescued: Rescue = { timeout: undefined }
const tooSlow: Rescue = { timeout: new Error('canceling statement') }

type Params = [dead: readonly Pulse[], limit: number, signal: AbortSignal]

function makeInput() {
  const look = effect<Look, [signal: AbortSignal]>()
  const rescue = effect<Rescue, Params>()
  const failures: unknown[] = []
  const input: LifelineInput = {
    intervalMs: 2_000,
    limit: 1_000,
    now: () => new Date(0),
    look: look.run,
    rescue: rescue.run,
    onFailed: (error) => failures.push(error),
  }

  return { failures, input, look, rescue }
}

type Beats = Readonly<Record<string, string>>

/** Of the node that looks, whose heart beats. */
const OWN = 'own'

const pulses = (beats: Beats) => Object.entries(beats).map(([uuid, beat]) => ({ uuid, beat }))

function startLifeline() {
  const made = makeInput()
  const clock = new SimulatedClock()
  const actor = createActor(lifeline, { clock, input: made.input }).start()
  /** Answer the look that is under way, and let time pass until the next. */
  const see = async (beats: Beats, abandonedBeats: Beats = {}) => {
    const own = beats[OWN] ?? String(clock.now())
    const [producers, abandoned] = [pulses({ ...beats, [OWN]: own }), pulses(abandonedBeats)]
    await made.look.resolve({ sentAtMs: clock.now(), producers, abandoned })
    clock.increment(2_000)
  }
  const isOver = () => actor.getSnapshot().status === 'done'
  const asked = () => made.rescue.calls.map(([dead, limit]) => [...dead, limit])

  return { ...made, actor, asked, clock, isOver, see }
}

describe('lifeline', () => {
  test('shows when a look was answered last, and how many producers it saw', async () => {
    const { actor, see } = startLifeline()
    expect(actor.getSnapshot().context.public).toEqual({ lookedAt: null, producers: 0 })
    await see({ a: '1', b: '1', [OWN]: '1' })

    expect(actor.getSnapshot().context.public).toEqual({ lookedAt: new Date(0), producers: 3 })
  })

  test('rescues from a producer whose beat stood still for 15 seconds, not before', async () => {
    const { asked, see } = startLifeline()
    for (let look = 0; look < 8; look += 1) await see({ dead: '7' })
    expect(asked()).toEqual([])
    await see({ dead: '7' })

    expect(asked()).toEqual([[{ uuid: 'dead', beat: '7' }, 1_000]])
  })

  test('leaves those alone that beat', async () => {
    const { asked, see } = startLifeline()
    for (let look = 0; look < 9; look += 1) await see({ dead: '7', alive: String(look) })

    expect(asked()).toEqual([[{ uuid: 'dead', beat: '7' }, 1_000]])
  })

  test('finishes what an interrupted rescue has left, without waiting again', async () => {
    const { asked, see } = startLifeline()
    await see({ alive: '1' }, { dead: '7' })

    expect(asked()).toEqual([[{ uuid: 'dead', beat: '7' }, 1_000]])
  })

  test('rescues fewer at once after a rescue that took too long, and more again later', async () => {
    const { asked, clock, failures, rescue, see } = startLifeline()
    for (const answer of [tooSlow, tooSlow, rescued, rescued]) {
      await see({}, { dead: '7' })
      await rescue.resolve(answer)
      clock.increment(2_000)
    }
    await see({}, { dead: '7' })

    expect(asked().map(([, limit]) => limit)).toEqual([1_000, 500, 250, 500, 1_000])
    expect(failures).toHaveLength(2)
  })

  test('ends the look or the rescue that is under way when it stops', async () => {
    const looking = startLifeline()
    looking.actor.send({ type: 'sup.shutdown' })
    const rescuing = startLifeline()
    await rescuing.see({}, { dead: '7' })
    rescuing.actor.send({ type: 'sup.shutdown' })

    expect(looking.look.calls.map(([signal]) => signal.aborted)).toEqual([true])
    expect(rescuing.rescue.calls.map(([, , signal]) => signal.aborted)).toEqual([true])
  })

  test('goes on looking after a rescue', async () => {
    const { clock, look, rescue, see } = startLifeline()
    for (let time = 0; time < 9; time += 1) await see({ dead: '7' })
    await rescue.resolve(rescued)
    clock.increment(2_000)
    await see({})

    expect([look.calls.length, rescue.calls.length]).toEqual([11, 1])
  })

  test('tries a rescue that failed again with the next look', async () => {
    const { clock, failures, rescue, see } = startLifeline()
    for (let time = 0; time < 9; time += 1) await see({ dead: '7' })
    await rescue.reject(outage)
    clock.increment(2_000)
    await see({ dead: '7' })

    expect([failures, rescue.calls.length]).toEqual([[outage], 2])
  })

  test('reports a look that failed, and counts from the start after an outage', async () => {
    const { clock, failures, look, rescue, see } = startLifeline()
    for (let time = 0; time < 8; time += 1) await see({ dead: '7' })
    for (let time = 0; time < 3; time += 1) {
      await look.reject(outage)
      clock.increment(2_000)
    }
    for (let time = 0; time < 8; time += 1) await see({ dead: '7' })
    expect([failures.length, rescue.calls]).toEqual([3, []])
    await see({ dead: '7' })

    expect(rescue.calls).toHaveLength(1)
  })

  test.each(['looking', 'waiting', 'rescuing'])('stops when asked to while %s', async (when) => {
    const { actor, isOver, look, rescue, see } = startLifeline()
    if (when === 'waiting') await look.resolve({ sentAtMs: 0, producers: [], abandoned: [] })
    if (when === 'rescuing') for (let time = 0; time < 9; time += 1) await see({ dead: '7' })
    actor.send({ type: 'sup.shutdown' })
    if (look.open > 0) await look.resolve({ sentAtMs: 0, producers: [], abandoned: [] })
    if (rescue.open > 0) await rescue.resolve(rescued)

    expect(isOver()).toBe(true)
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => createActor(lifeline, { clock, input: makeInput().input }).start())
  })
})
