import { createActor, SimulatedClock } from 'xstate'
import { producer, type ProducerInput } from '../../src/actors/producer.ts'
import type { Place } from '../../src/protocol/claim-cursor.ts'
import type { ClaimedRow } from '../../src/protocol/claimed-row.ts'
import { Tenure, type Run } from '../../src/protocol/tenure.ts'
import { claimedRow } from '../support/claimed-row.ts'
import { effect } from '../support/effect.ts'

export function makeInput(overrides: Partial<ProducerInput> = {}) {
  const tenure = new Tenure('uuid', 'default', new Date())
  const register = effect()
  const claims = effect<ClaimedRow[], [demand: number]>()
  const places: Place[] = []
  const started: Run[] = []
  const givenBack: Run[] = []
  const failures: unknown[] = []
  const drains: true[] = []
  const input: ProducerInput = {
    queue: 'default',
    tenure,
    limit: 3,
    paused: false,
    prefetch: 0,
    lingering: () => 0,
    cooldownMs: 5,
    monotonicMs: () => 0,
    register: register.run,
    // As the real one does: what is open is known from the sending to the answer.
    fetch: async (demand, after) => {
      tenure.fetchSent()
      places.push(after)
      try {
        return await claims.run(demand)
      } finally {
        tenure.fetchEnded()
      }
    },
    run: (runs) => started.push(...runs),
    giveBack: (runs) => {
      givenBack.push(...runs)
      for (const run of runs) tenure.release(run)
    },
    onFailed: (error) => failures.push(error),
    onDrained: () => drains.push(true),
    ...overrides,
  }

  return { claims, drains, failures, givenBack, input, places, register, started, tenure }
}

export function startProducer(overrides: Partial<ProducerInput> = {}) {
  const clock = new SimulatedClock()
  const made = makeInput({ monotonicMs: () => clock.now(), ...overrides })
  const errors: unknown[] = []
  const actor = createActor(producer, { clock, input: made.input })
  actor.subscribe({ error: (error) => errors.push(error) })
  actor.start()
  /** A run ended, and its acknowledgement landed. */
  const end = (run: Run | undefined) => {
    if (run) made.tenure.release(run)
    actor.send({ type: 'jobs.settled' })
  }

  return { ...made, actor, clock, end, errors, value: () => actor.getSnapshot().value }
}

/** One that is registered and has sent its first claim. */
export async function startRunning(overrides: Partial<ProducerInput> = {}) {
  const started = startProducer(overrides)
  await started.register.resolve()

  return started
}

export function rows(...ids: readonly number[]): ClaimedRow[] {
  return ids.map((id) => claimedRow({ id: String(id) }))
}

export function idsOf(runs: readonly Run[]): number[] {
  return runs.map(({ job }) => Number(job.id))
}

export const outage = new Error('connection refused')
