import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { lifeline, type LifelineInput, type Look } from '../../src/actors/lifeline.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const outage = new Error('connection refused')

type Rescue = [dead: readonly { uuid: string; beat: string }[]]

function makeInput() {
  const look = effect<Look>()
  const rescue = effect<void, Rescue>()
  const failures: unknown[] = []
  const input: LifelineInput = {
    intervalMs: 2_000,
    now: () => new Date(0),
    look: look.run,
    rescue: rescue.run,
    onFailed: (error) => failures.push(error),
  }

  return { failures, input, look, rescue }
}

function startLifeline() {
  const made = makeInput()
  const clock = new SimulatedClock()
  const actor = createActor(lifeline, { clock, input: made.input }).start()
  /** Answer the look that is under way, and let time pass until the next. */
  const see = async (beats: Readonly<Record<string, string>>) => {
    const producers = Object.entries(beats).map(([uuid, beat]) => ({ uuid, beat }))
    await made.look.resolve({ sentAtMs: clock.now(), producers })
    clock.increment(2_000)
  }
  const isOver = () => actor.getSnapshot().status === 'done'

  return { ...made, actor, clock, isOver, see }
}

describe('lifeline', () => {
  test('shows when a look was answered last, and how many producers it saw', async () => {
    const { actor, see } = startLifeline()
    expect(actor.getSnapshot().context.public).toEqual({ lookedAt: null, producers: 0 })
    await see({ a: '1', b: '1' })

    expect(actor.getSnapshot().context.public).toEqual({ lookedAt: new Date(0), producers: 2 })
  })

  test('rescues from a producer whose beat stood still for 15 seconds, not before', async () => {
    const { rescue, see } = startLifeline()
    for (let look = 0; look < 8; look += 1) await see({ dead: '7' })
    expect(rescue.calls).toEqual([])
    await see({ dead: '7' })

    expect(rescue.calls).toEqual([[[{ uuid: 'dead', beat: '7' }]]])
  })

  test('leaves those alone that beat', async () => {
    const { rescue, see } = startLifeline()
    for (let look = 0; look < 9; look += 1) await see({ dead: '7', alive: String(look) })

    expect(rescue.calls).toEqual([[[{ uuid: 'dead', beat: '7' }]]])
  })

  test('goes on looking after a rescue', async () => {
    const { clock, look, rescue, see } = startLifeline()
    for (let time = 0; time < 9; time += 1) await see({ dead: '7' })
    await rescue.resolve()
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
    if (when === 'waiting') await look.resolve({ sentAtMs: 0, producers: [] })
    if (when === 'rescuing') for (let time = 0; time < 9; time += 1) await see({ dead: '7' })
    actor.send({ type: 'sup.shutdown' })
    if (look.open > 0) await look.resolve({ sentAtMs: 0, producers: [] })
    if (rescue.open > 0) await rescue.resolve()

    expect(isOver()).toBe(true)
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => createActor(lifeline, { clock, input: makeInput().input }).start())
  })
})
