import { expect, onTestFinished, test } from 'vitest'
import { witness } from '../../../src/cli/demo/witness.ts'
import { FAULT } from '../../../src/cli/demo/workers/chaos.ts'
import { emit } from '../../../src/telemetry/channels.ts'

const origin = { instance: 'Oban', node: 'n' }

function fields(id: number, queue = 'chaos') {
  return { ...origin, id, queue, worker: 'W', attempt: 1, maxAttempts: 1, tags: [] }
}

function startWitness() {
  const clock = { nowMs: 0 }
  const seen = witness('chaos', () => clock.nowMs)
  onTestFinished(() => {
    seen.dispose()
  })

  return {
    seen,
    start: (id: number) => {
      emit('job.start', fields(id))
    },
    fault: (nowMs: number, id: number) => {
      clock.nowMs = nowMs
      emit('job.log', { ...origin, level: 'warn', via: 'log', message: FAULT, fields: { id } })
    },
    complete: (nowMs: number, id: number, queue?: string) => {
      clock.nowMs = nowMs
      emit('job.stop', { ...fields(id, queue), state: 'success', durationMs: 1, queueTimeMs: 0 })
    },
  }
}

test('counts how often a job began', () => {
  const { seen, start } = startWitness()
  start(1)
  start(1)
  start(2)

  expect([1, 2, 3].map((id) => seen.beginnings(id))).toEqual([2, 1, 0])
})

test('measures from the first fault of a job to the next completed one of the queue', () => {
  const { seen, fault, complete } = startWitness()
  complete(5, 9)
  fault(10, 1)
  complete(15, 8, 'files')
  fault(20, 2)
  fault(25, 1)
  complete(30, 9)
  complete(40, 9)
  fault(50, 3)

  expect([1, 2, 3].map((id) => seen.recoveryMs(id))).toEqual([20, 10, undefined])
})
