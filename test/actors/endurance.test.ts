/** What actors have to stand that do the same for months: outages of days, and days without work. */
import { createActor, SimulatedClock, type AnyActorRef } from 'xstate'
import { describe, expect, test } from 'vitest'
import { acker } from '../../src/actors/acker.ts'
import { cron } from '../../src/actors/cron.ts'
import { lifeline } from '../../src/actors/lifeline.ts'
import { notifier } from '../../src/actors/notifier.ts'
import { peer } from '../../src/actors/peer.ts'
import { refresher } from '../../src/actors/refresher.ts'
import { sonar } from '../../src/actors/sonar.ts'
import { stager } from '../../src/actors/stager.ts'
import { settled } from '../support/effect.ts'
import { keptBytes } from '../support/heap.ts'

/** A database that is away, or answers at once. */
class Database {
  isAway = false
  asked = 0
  answered = 0

  readonly ask = <Answer>(answer: Answer): Promise<Answer> => {
    this.asked += 1
    if (this.isAway) return Promise.reject(new Error('connection refused'))
    this.answered += 1

    return Promise.resolve(answer)
  }
}

type Start = (clock: SimulatedClock, database: Database) => AnyActorRef

const now = () => new Date(0)
const ignore = () => {}

const caretakers: Readonly<Record<string, Start>> = {
  stager: (clock, { ask }) =>
    createActor(stager, {
      clock,
      input: {
        intervalMs: 1_000,
        limit: 5_000,
        now,
        stage: () => ask({ queues: [], timeout: undefined }),
        wake: ignore,
        onFailed: ignore,
      },
    }),
  refresher: (clock, { ask }) =>
    createActor(refresher, {
      clock,
      input: {
        intervalMs: 5_000,
        now,
        beat: () => ask(undefined),
        resign: () => ask(undefined),
        onReturned: ignore,
        onFailed: ignore,
      },
    }),
  lifeline: (clock, { ask }) =>
    createActor(lifeline, {
      clock,
      input: {
        intervalMs: 2_000,
        limit: 1_000,
        now,
        look: () => ask({ sentAtMs: clock.now(), producers: [], abandoned: [] }),
        rescue: () => ask({ timeout: undefined }),
        onFailed: ignore,
      },
    }),
  cron: (clock, { ask }) =>
    createActor(cron, {
      clock,
      input: {
        entries: 1,
        jitterMs: () => 100,
        tick: () => ask({ waitMs: 30_000, nextRun: null }),
        onFailed: ignore,
      },
    }),
  peer: (clock, { ask }) =>
    createActor(peer, {
      clock,
      input: {
        renewalMs: 15_000,
        retryMs: 1_000,
        elect: () => ask({ leads: false, trustedForMs: 0, freeInMs: 0 }),
        renew: () => ask({ leads: false, trustedForMs: 0, freeInMs: 0 }),
        resign: () => ask(undefined),
        tell: ignore,
        onDecided: ignore,
        onFailed: ignore,
      },
    }),
  sonar: (clock, { ask }) =>
    createActor(sonar, {
      clock,
      input: {
        node: 'web.1',
        monotonicMs: () => clock.now(),
        jitter: (ms) => ms,
        ping: () => ask(undefined),
        onSwitch: ignore,
        onFailed: ignore,
      },
    }),
}

/** These have nothing to do while nothing happens. */
const others: Readonly<Record<string, Start>> = {
  acker: (clock, { ask }) => {
    let waiting = 1

    return createActor(acker, {
      clock,
      input: {
        flush: async () => {
          await ask(undefined)
          waiting = 0
        },
        hasWaiting: () => waiting > 0,
        countWaiting: () => waiting,
        hasRefused: () => false,
        onFailed: ignore,
      },
    })
  },
  notifier: (clock, { ask }) =>
    createActor(notifier, {
      clock,
      input: {
        session: async () => {
          await ask(undefined)

          return new Promise<never>(ignore)
        },
        now,
        onUp: ignore,
        onDown: ignore,
        isPooled: () => false,
      },
    }),
}

/** Longer than anybody waits before a try. */
const ROUND_MS = 90_000

async function pass(clock: SimulatedClock, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await settled()
    clock.increment(ROUND_MS)
  }
  await settled()
}

describe('an outage of three days', () => {
  const rounds = (3 * 24 * 60 * 60_000) / ROUND_MS

  test.each(Object.entries({ ...caretakers, ...others }))(
    'never makes the %s give up, which works again with the next try',
    async (_, start) => {
      const clock = new SimulatedClock()
      const database = new Database()
      database.isAway = true
      const actor = start(clock, database)
      actor.start()
      await pass(clock, rounds)
      expect(database.asked).toBeGreaterThanOrEqual(rounds)
      expect(database.answered).toBe(0)
      database.isAway = false
      await pass(clock, 1)

      expect(database.answered).toBeGreaterThan(0)
      expect(actor.getSnapshot().status).toBe('active')
      actor.stop()
    },
  )
})

describe('days without work', () => {
  const rounds = 5_000
  /** A promise that somebody keeps takes twice as much. */
  const leakBytes = 24

  test.each(Object.entries(caretakers))(
    'leave nothing in the memory of the %s',
    async (_, start) => {
      const clock = new SimulatedClock()
      const database = new Database()
      const actor = start(clock, database)
      actor.start()
      await pass(clock, rounds)
      const growths: number[] = []
      for (let time = 0; time < 3; time += 1) {
        const before = keptBytes()
        await pass(clock, rounds)
        growths.push(keptBytes() - before)
      }

      expect(database.answered).toBeGreaterThanOrEqual(4 * rounds)
      // A leak grows each time, what the engine compiles once.
      expect(Math.min(...growths)).toBeLessThan(rounds * leakBytes)
      actor.stop()
    },
  )
})
