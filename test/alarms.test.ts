import { describe, expect, test } from 'vitest'
import { Alarms } from '../src/alarms.ts'
import { LONGEST_DELAY_MS } from '../src/clock.ts'
import { simulatedClock } from './support/simulated-clock.ts'

function startAlarms() {
  const { clock, simulated } = simulatedClock(1_000)
  let timers = 0
  const counting: typeof clock = {
    ...clock,
    after: (delayMs, callback) => {
      timers += 1

      return clock.after(delayMs, callback)
    },
  }
  const alarms = new Alarms(counting)
  const rung: string[] = []
  const set = (subject: object, delayMs: number, name: string) =>
    alarms.set(subject, delayMs, () => rung.push(name))

  return { alarms, rung, set, simulated, timersSet: () => timers }
}

describe('alarms', () => {
  test('ring in time, each once', () => {
    const { rung, set, simulated } = startAlarms()
    set({}, 30, 'late')
    set({}, 10, 'early')
    simulated.increment(9)
    expect(rung).toEqual([])
    simulated.increment(1)
    expect(rung).toEqual(['early'])
    simulated.increment(100)

    expect(rung).toEqual(['early', 'late'])
  })

  test('are one for each subject, the last that was set', () => {
    const { rung, set, simulated } = startAlarms()
    const subject = {}
    set(subject, 10, 'first')
    set(subject, 20, 'second')
    simulated.increment(10)
    expect(rung).toEqual([])
    simulated.increment(10)

    expect(rung).toEqual(['second'])
  })

  test('need one timer, however many there are', () => {
    const { alarms, set, simulated, timersSet } = startAlarms()
    for (let index = 0; index < 1_000; index += 1) {
      const subject = {}
      set(subject, 30_000 + index, 'never')
      alarms.clear(subject)
    }
    expect(timersSet()).toBe(1)
    simulated.increment(60_000)

    expect(timersSet()).toBe(1)
  })

  test('may clear and set others while they ring', () => {
    const { alarms, rung, set, simulated } = startAlarms()
    const [cleared, moved] = [{}, {}]
    alarms.set({}, 10, () => {
      alarms.clear(cleared)
      set(moved, 5, 'moved')
    })
    set(cleared, 10, 'cleared')
    set(moved, 10, 'too early')
    simulated.increment(10)
    expect(rung).toEqual([])
    simulated.increment(5)

    expect(rung).toEqual(['moved'])
  })

  test('wait longer than a timer can', () => {
    const { rung, set, simulated } = startAlarms()
    set({}, LONGEST_DELAY_MS + 10, 'at last')
    simulated.increment(LONGEST_DELAY_MS)
    expect(rung).toEqual([])
    simulated.increment(10)

    expect(rung).toEqual(['at last'])
  })

  test('let go of the timer only when there is nothing to wait for', () => {
    const { alarms, rung, set, simulated } = startAlarms()
    const subject = {}
    set(subject, 10, 'rung')
    alarms.rest()
    simulated.increment(10)
    expect(rung).toEqual(['rung'])
    set(subject, 10, 'cleared')
    alarms.clear(subject)
    alarms.rest()
    set({}, 20, 'next')
    simulated.increment(20)

    expect(rung).toEqual(['rung', 'next'])
  })
})
