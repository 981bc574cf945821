import { createActor, SimulatedClock } from 'xstate'
import { describe, expect, test } from 'vitest'
import type { PeerMessage } from '../../src/actors/peer.ts'
import { reindexer, type ReindexerInput, type Reindexing } from '../../src/actors/reindexer.ts'
import { effect } from '../support/effect.ts'
import { stressActor } from '../support/start-stop.ts'

const HOUR_MS = 3_600_000
const outage = new Error('connection refused')

function makeInput(clock: Pick<SimulatedClock, 'now'>, next: ReindexerInput['next']) {
  const reindex = effect<Reindexing, [signal: AbortSignal]>()
  const watched: PeerMessage[] = []
  const failures: unknown[] = []
  const denials: string[] = []
  const input: ReindexerInput = {
    now: () => new Date(clock.now()),
    next,
    reindex: reindex.run,
    watch: (message) => watched.push(message),
    onDenied: () => denials.push('denied'),
    onFailed: (error) => failures.push(error),
  }

  return { denials, failures, input, reindex, watched }
}

/** Due at each full hour. */
function everyHour(clock: Pick<SimulatedClock, 'now'>): () => Date {
  return () => new Date(Math.floor(clock.now() / HOUR_MS + 1) * HOUR_MS)
}

function startReindexer(next?: () => Date | undefined) {
  const clock = new SimulatedClock()
  const made = makeInput(clock, next ?? everyHour(clock))
  const actor = createActor(reindexer, { clock, input: made.input }).start()
  const lead = () => actor.send({ type: 'leader.elected' })

  return { ...made, actor, clock, lead, times: () => made.reindex.calls.length }
}

describe('reindexer', () => {
  test('asks the peer who leads when it starts', () => {
    expect(startReindexer().watched).toEqual([{ type: 'watch', watcher: 'reindexer' }])
  })

  test('rebuilds at each time of its schedule while it leads, not before', async () => {
    const { clock, lead, reindex, times } = startReindexer()
    clock.increment(10 * HOUR_MS)
    expect(times()).toBe(0)
    lead()
    clock.increment(HOUR_MS - 1)
    expect(times()).toBe(0)
    clock.increment(1)
    await reindex.resolve('done')
    clock.increment(HOUR_MS - 1)
    expect(times()).toBe(1)
    clock.increment(1)

    expect(times()).toBe(2)
  })

  test('tries again after a minute while somebody else maintains the table', async () => {
    const { clock, lead, reindex, times } = startReindexer()
    lead()
    clock.increment(HOUR_MS)
    await reindex.resolve('busy')
    clock.increment(59_999)
    expect(times()).toBe(1)
    clock.increment(1)

    expect(times()).toBe(2)
  })

  test('says once that it may not, and does not try again, whoever leads meanwhile', async () => {
    const { actor, clock, denials, failures, lead, reindex, times } = startReindexer()
    lead()
    clock.increment(HOUR_MS)
    await reindex.resolve('denied')
    actor.send({ type: 'leader.resigned' })
    lead()
    clock.increment(5 * HOUR_MS)

    expect([denials, failures, times()]).toEqual([['denied'], [], 1])
    actor.send({ type: 'sup.shutdown' })
    expect(actor.getSnapshot().status).toBe('done')
  })

  test('reports what fails, and waits for the next time', async () => {
    const { clock, failures, lead, reindex, times } = startReindexer()
    lead()
    clock.increment(HOUR_MS)
    await reindex.reject(outage)
    clock.increment(HOUR_MS)

    expect([failures, times()]).toEqual([[outage], 2])
  })

  test.each(['leader.resigned', 'sup.shutdown'] as const)(
    'ends a rebuilding by %s, and begins no other',
    (type) => {
      const { actor, clock, lead, reindex, times } = startReindexer()
      lead()
      clock.increment(HOUR_MS)
      const signal = reindex.calls[0]?.[0]
      expect(signal?.aborted).toBe(false)
      actor.send({ type })
      clock.increment(5 * HOUR_MS)

      expect([signal?.aborted, times()]).toEqual([true, 1])
    },
  )

  test('waits for ever for a time that never comes', () => {
    const { clock, lead, times } = startReindexer(() => undefined)
    lead()
    clock.increment(100 * HOUR_MS)

    expect(times()).toBe(0)
  })

  test('leaves nothing behind', async () => {
    await stressActor((clock) => {
      const actor = createActor(reindexer, {
        clock,
        input: makeInput(clock, everyHour(clock)).input,
      }).start()
      actor.send({ type: 'leader.elected' })
      clock.increment(HOUR_MS)

      return actor
    })
  })
})
