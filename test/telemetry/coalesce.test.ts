import { describe, expect, test } from 'vitest'
import { coalescer, type LogClock } from '../../src/telemetry/coalesce.ts'
import { lineOf, type Line } from '../../src/telemetry/lines.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { samples } from '../support/telemetry-events.ts'

const template = lineOf(samples['query.failed'])

function startCoalescer() {
  const { clock: base, simulated } = simulatedClock()
  const timers = new Set<object>()
  const clock: LogClock = {
    now: base.now,
    after: (delayMs, callback) => {
      const timer = {}
      timers.add(timer)
      const cancel = base.after(delayMs, () => {
        timers.delete(timer)
        callback()
      })

      return () => {
        timers.delete(timer)
        cancel()
      }
    },
  }
  const lines: Line[] = []
  const { write, flush } = coalescer(clock, (line) => lines.push(line))
  const say = (topic: string, gist: string) => {
    write({ ...template, topic, gist, message: gist })
  }

  return {
    clock: simulated,
    flush,
    messages: () => lines.map(({ message }) => message),
    say,
    timers,
  }
}

describe('coalesce', () => {
  test('lets five different lines of a topic pass and counts the others together', () => {
    const { clock, messages, say } = startCoalescer()
    for (const gist of ['a', 'b', 'b', 'c', 'd', 'e', 'f', 'g', 'a', 'a']) say('x', gist)
    expect(messages()).toEqual(['a', 'b', 'c', 'd', 'e'])

    clock.increment(10_000)
    expect(messages().slice(5)).toEqual([
      'a … repeated 2 times',
      'b … repeated once more',
      '2 others, the last of them: g',
    ])
  })

  test('lets a line pass again in the next window', () => {
    const { clock, messages, say } = startCoalescer()
    say('x', 'a')
    clock.increment(10_000)
    say('x', 'a')

    expect(messages()).toEqual(['a', 'a'])
  })

  test('lets no more topics have lines of their own than fit on a screen', () => {
    const { clock, messages, say, timers } = startCoalescer()
    for (let name = 1; name <= 10_000; name += 1) say(`queue ${name}`, `queue ${name} is odd`)
    expect(messages()).toHaveLength(55)
    expect(timers.size).toBe(51)
    clock.increment(10_000)

    expect(messages().slice(55)).toEqual(['9945 others, the last of them: queue 10000 is odd'])
    expect(timers.size).toBe(0)
  })

  test('counts each topic apart', () => {
    const { messages, say } = startCoalescer()
    for (const topic of ['x', 'y', 'x']) say(topic, 'a')

    expect(messages()).toEqual(['a', 'a'])
  })

  test('leaves no timer behind, neither after a window nor after a flush', () => {
    const { clock, flush, say, timers } = startCoalescer()
    say('x', 'a')
    say('y', 'a')
    expect(timers.size).toBe(2)

    clock.increment(10_000)
    expect(timers.size).toBe(0)

    say('x', 'a')
    flush()
    expect(timers.size).toBe(0)
  })
})
