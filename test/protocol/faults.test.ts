import { describe, expect, test } from 'vitest'
import { Faults } from '../../src/protocol/faults.ts'
import { simulatedClock } from '../support/simulated-clock.ts'

describe('faults', () => {
  test('keep the time of the first and the reason of the last', () => {
    const { clock, simulated } = simulatedClock(1_000)
    const faults = new Faults(clock.now)
    faults.note('database', new Error('connection refused'))
    simulated.increment(1_000)
    faults.note('database', new Error('the database system is starting up\nDETAIL: …'))

    expect(faults.get('database')).toEqual({
      since: new Date(1_000),
      reason: 'the database system is starting up',
    })
  })

  test('begin anew after they were cleared', () => {
    const { clock, simulated } = simulatedClock()
    const faults = new Faults(clock.now)
    faults.note('notifier', 'gone')
    faults.clear('notifier')
    expect(faults.get('notifier')).toBeUndefined()
    simulated.increment(5)
    faults.note('notifier', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))

    expect(faults.get('notifier')).toEqual({ since: new Date(5), reason: 'ECONNREFUSED' })
  })
})
