import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import type { PeerMessage } from '../../src/actors/peer.ts'
import { pruner, type Page, type PrunerInput } from '../../src/actors/pruner.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const outage = new Error('connection refused')
const tooSlow: Page = { isFull: false, timeout: new Error('canceling statement') }
const full: Page = { isFull: true, timeout: undefined }
const short: Page = { isFull: false, timeout: undefined }

function makeInput(limit = 10_000) {
  const prune = effect<Page, [limit: number, signal: AbortSignal]>()
  const watched: PeerMessage[] = []
  const failures: unknown[] = []
  const input: PrunerInput = {
    intervalMs: 30_000,
    limit,
    prune: prune.run,
    watch: (message) => watched.push(message),
    onFailed: (error) => failures.push(error),
  }

  return { failures, input, prune, watched }
}

function startPruner(limit?: number) {
  const made = makeInput(limit)
  const clock = new SimulatedClock()
  const actor = createActor(pruner, { clock, input: made.input }).start()
  const limits = () => made.prune.calls.map(([each]) => each)
  const lead = () => actor.send({ type: 'leader.elected' })
  const aborted = () => made.prune.calls.at(-1)?.[1].aborted

  return { ...made, aborted, actor, clock, lead, limits }
}

async function stress(page: () => Promise<Page>): Promise<void> {
  await stressActor((clock) => {
    const input = { ...makeInput().input, prune: page }
    const actor = createActor(pruner, { clock, input }).start()
    actor.send({ type: 'leader.elected' })
    clock.increment(30_000)

    return actor
  })
}

describe('pruner', () => {
  test('asks the peer who leads when it starts', () => {
    expect(startPruner().watched).toEqual([{ type: 'watch', watcher: 'pruner' }])
  })

  test('prunes at the interval while it leads, not before', async () => {
    const { clock, lead, limits, prune } = startPruner()
    clock.increment(60_000)
    lead()
    clock.increment(29_999)
    expect(limits()).toEqual([])
    clock.increment(1)
    await prune.resolve(short)
    clock.increment(30_000)

    expect(limits()).toEqual([10_000, 10_000])
  })

  test('does not begin its wait anew when it is told again that it leads', () => {
    const { clock, lead, limits } = startPruner()
    lead()
    clock.increment(20_000)
    lead()
    clock.increment(10_000)

    expect(limits()).toEqual([10_000])
  })

  test('prunes page after page until one is short', async () => {
    const { clock, lead, limits, prune } = startPruner()
    lead()
    clock.increment(30_000)
    await prune.resolve(full)
    await prune.resolve(full)
    await prune.resolve(short)

    expect(limits()).toHaveLength(3)
  })

  test('ends a page when the leadership is lost, and prunes no more', async () => {
    const { aborted, actor, clock, lead, limits } = startPruner()
    lead()
    clock.increment(30_000)
    expect(aborted()).toBe(false)
    actor.send({ type: 'leader.resigned' })
    clock.increment(90_000)

    expect([aborted(), limits().length]).toEqual([true, 1])
  })

  test('prunes no more between two pages when the leadership is lost', async () => {
    const { actor, clock, lead, limits, prune } = startPruner()
    lead()
    clock.increment(30_000)
    actor.send({ type: 'leader.resigned' })
    await prune.resolve(full)

    expect(limits()).toHaveLength(1)
  })

  test('reports a failure and waits for the next interval', async () => {
    const { clock, failures, lead, limits, prune } = startPruner()
    lead()
    clock.increment(30_000)
    await prune.reject(outage)
    expect([failures, limits().length]).toEqual([[outage], 1])
    clock.increment(30_000)

    expect(limits()).toEqual([10_000, 10_000])
  })

  test('halves a page that takes too long, and grows it again with each interval', async () => {
    const { clock, failures, lead, limits, prune } = startPruner(1_000)
    lead()
    clock.increment(30_000)
    for (let time = 0; time < 4; time += 1) await prune.resolve(tooSlow)
    await prune.resolve(full)
    await prune.resolve(short)
    for (let time = 0; time < 5; time += 1) {
      clock.increment(30_000)
      await prune.resolve(short)
    }

    expect(limits()).toEqual([1_000, 500, 250, 125, 100, 100, 200, 400, 800, 1_000, 1_000])
    expect(failures).toHaveLength(4)
  })

  test('gives up for this time when the smallest page takes too long', async () => {
    const { clock, lead, limits, prune } = startPruner(150)
    lead()
    clock.increment(30_000)
    await prune.resolve(tooSlow)
    await prune.resolve(tooSlow)

    expect([limits(), prune.open]).toEqual([[150, 100], 0])
  })

  test('does not grow a page that was configured small', async () => {
    const { clock, lead, limits, prune } = startPruner(10)
    lead()
    clock.increment(30_000)
    await prune.resolve(tooSlow)
    clock.increment(30_000)

    expect(limits()).toEqual([10, 10])
  })

  test('ends its page when it is asked to stop', async () => {
    const { aborted, actor, clock, lead } = startPruner()
    lead()
    clock.increment(30_000)
    actor.send({ type: 'sup.shutdown' })

    expect([actor.getSnapshot().status, aborted()]).toEqual(['done', true])
  })

  test('leaves nothing behind', async () => {
    await stress(() => Promise.resolve(short))
    await stress(() => Promise.reject(outage))
  })
})
