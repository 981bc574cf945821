import { describe, expect, test } from 'vitest'
import { Floodgate } from '../../src/notifier/floodgate.ts'
import { simulatedClock } from '../support/simulated-clock.ts'

function openGate() {
  const { clock, simulated } = simulatedClock()
  const gate = new Floodgate(clock)
  const done: string[] = []
  const pass = (subject: string, what: string) => gate.pass(subject, () => done.push(what))
  const fill = () => {
    for (let time = 0; time < 500; time += 1) pass('a', 'first')
    done.length = 0
  }

  return { done, fill, gate, pass, simulated }
}

describe('floodgate', () => {
  test('lets 500 through at once in each second, in their order', () => {
    const { done, pass, simulated } = openGate()
    for (let time = 0; time < 500; time += 1) pass('a', `${time}`)
    expect(done).toEqual(Array.from({ length: 500 }, (_, time) => `${time}`))
    simulated.increment(1_000)
    pass('a', 'next')

    expect(done.at(-1)).toBe('next')
  })

  test('keeps the last of each subject of a flood, in the order in which they were said', () => {
    const { done, fill, pass, simulated } = openGate()
    fill()
    for (const what of ['pause', 'resume', 'pause']) pass('media', what)
    pass('other', 'stop')
    pass('media', 'resume')
    expect(done).toEqual([])
    simulated.increment(1_000)

    expect(done).toEqual(['stop', 'resume'])
  })

  test('lets nobody overtake what is kept', () => {
    const { done, fill, pass, simulated } = openGate()
    fill()
    for (let name = 0; name < 600; name += 1) pass(`queue ${name}`, `${name}`)
    simulated.increment(1_000)
    expect(done).toHaveLength(500)
    pass('queue 600', '600')
    simulated.increment(1_000)

    expect(done).toEqual(Array.from({ length: 601 }, (_, name) => `${name}`))
  })

  test('drops the first of ever more subjects, and says so', () => {
    const { done, fill, pass, simulated } = openGate()
    fill()
    const kept = Array.from({ length: 1_200 }, (_, name) => pass(`queue ${name}`, `${name}`))
    expect(kept.filter(Boolean)).toHaveLength(1_000)
    expect(pass('queue 1199', 'the last word')).toBe(true)
    for (let second = 0; second < 3; second += 1) simulated.increment(1_000)

    expect([done.length, done[0], done.at(-1)]).toEqual([1_000, '200', 'the last word'])
  })

  test('does nothing more once it is closed, and leaves no timer', () => {
    const { done, fill, gate, pass, simulated } = openGate()
    fill()
    pass('media', 'pause')
    gate.close()
    simulated.increment(5_000)

    expect(done).toEqual([])
  })
})
