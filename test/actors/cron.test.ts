import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import { cron, type CronInput, type Tick } from '../../src/actors/cron.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const outage = new Error('connection refused')
const nextRun = new Date('2026-01-01T12:00Z')
const answer: Tick = { waitMs: 40_000, nextRun }

function makeInput() {
  const tick = effect<Tick, [signal: AbortSignal]>()
  const failures: unknown[] = []
  const input: CronInput = {
    entries: 3,
    tick: tick.run,
    jitterMs: () => 100,
    onFailed: (error) => failures.push(error),
  }

  return { failures, input, tick }
}

function startCron() {
  const made = makeInput()
  const clock = new SimulatedClock()
  const actor = createActor(cron, { clock, input: made.input }).start()

  return { ...made, actor, clock, ticks: () => made.tick.calls.length }
}

async function stress(tick: () => Promise<Tick>): Promise<void> {
  await stressActor((clock) =>
    createActor(cron, { clock, input: { ...makeInput().input, tick } }).start(),
  )
}

describe('cron', () => {
  test('looks at the start, and then when the next minute has begun', async () => {
    const { clock, tick, ticks } = startCron()
    await tick.resolve(answer)
    clock.increment(40_099)
    expect(ticks()).toBe(1)
    clock.increment(1)
    await tick.resolve({ ...answer, waitMs: 60_000 })
    clock.increment(60_100)

    expect(ticks()).toBe(3)
  })

  test('shows how many entries there are, and when the next is due', async () => {
    const { actor, tick } = startCron()
    expect(actor.getSnapshot().context.public).toEqual({ entries: 3, nextRun: null })
    await tick.resolve(answer)

    expect(actor.getSnapshot().context.public).toEqual({ entries: 3, nextRun })
  })

  test('reports a failure, and tries again within the minute', async () => {
    const { clock, failures, tick, ticks } = startCron()
    await tick.reject(outage)
    clock.increment(5_099)
    expect([failures, ticks()]).toEqual([[outage], 1])
    clock.increment(1)

    expect(ticks()).toBe(2)
  })

  test('ends its look when it is asked to stop', () => {
    const { actor, tick } = startCron()
    actor.send({ type: 'sup.shutdown' })

    expect([actor.getSnapshot().status, tick.calls[0]?.[0].aborted]).toEqual(['done', true])
  })

  test('leaves nothing behind', async () => {
    await stress(() => Promise.resolve(answer))
    await stress(() => Promise.reject(outage))
  })
})
