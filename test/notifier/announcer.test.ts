import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { Announcer } from '../../src/notifier/announcer.ts'
import { effect, settled } from '../support/effect.ts'

function startAnnouncer() {
  const timers = new Set<() => void>()
  const sends = effect<void, [queues: readonly string[]]>()
  const failures: unknown[] = []
  const announcer = new Announcer({
    clock: {
      ...systemClock,
      after: (_, callback) => {
        timers.add(callback)

        return () => {
          timers.delete(callback)
        }
      },
    },
    send: sends.run,
    onFailed: (error) => failures.push(error),
  })
  const fire = () => {
    for (const timer of timers) timer()
    timers.clear()
  }

  return { announcer, failures, fire, sends, timers }
}

describe('announcer', () => {
  test('tells each queue once for all that came within its time', () => {
    const { announcer, fire, sends } = startAnnouncer()
    announcer.announce(['default', 'media'])
    announcer.announce(['default'])
    expect(sends.calls).toEqual([])
    fire()

    expect(sends.calls).toEqual([[['default', 'media']]])
  })

  test('tells nothing when there is nothing to tell', () => {
    const { announcer, timers } = startAnnouncer()
    announcer.announce([])

    expect(timers.size).toBe(0)
  })

  test('tells what comes after in another statement', () => {
    const { announcer, fire, sends } = startAnnouncer()
    announcer.announce(['default'])
    fire()
    announcer.announce(['default'])
    fire()

    expect(sends.calls).toHaveLength(2)
  })

  test('reports what could not be sent, and goes on', async () => {
    const { announcer, failures, fire, sends } = startAnnouncer()
    announcer.announce(['default'])
    fire()
    await sends.reject(new Error('connection refused'))
    announcer.announce(['media'])
    fire()

    expect(failures).toEqual([new Error('connection refused')])
    expect(sends.calls).toHaveLength(2)
  })

  test('flushes at once, and waits for what is on its way', async () => {
    const { announcer, fire, sends, timers } = startAnnouncer()
    announcer.announce(['default'])
    fire()
    announcer.announce(['media'])
    let isFlushed = false
    const flushed = announcer.flush().then(() => {
      isFlushed = true

      return isFlushed
    })
    expect([sends.calls.length, timers.size]).toEqual([2, 0])
    await sends.resolve()
    expect(isFlushed).toBe(false)
    await sends.resolve()

    expect(await flushed).toBe(true)
  })

  test('flushes nothing when nothing waits', async () => {
    const { announcer, sends } = startAnnouncer()
    await announcer.flush()
    await settled()

    expect(sends.calls).toEqual([])
  })
})
