import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { attach, emit, listening, type Handler } from '../../src/telemetry/channels.ts'
import { EVENT_NAMES, type EventName } from '../../src/telemetry/events.ts'
import { job, origin } from '../support/telemetry-events.ts'

const detachers: Array<() => void> = []
afterEach(() => {
  for (const detach of detachers.splice(0)) detach()
  expect(EVENT_NAMES.filter((name) => listening(name))).toEqual([])
})

function follow<Name extends EventName>(events: readonly Name[] | 'all', handler: Handler<Name>) {
  const detach = attach(events, handler)
  detachers.push(detach)

  return detach
}

function attachMisspelt(): unknown {
  return Reflect.apply(attach, undefined, [['job.strat'], fail])
}

function fail(): never {
  throw new Error('boom')
}

function emitLost(id: number): void {
  emit('ack.lost', { ...origin, id, queue: 'media', attempt: 1 })
}

function emitStart(): void {
  emit('job.start', { ...origin, ...job })
}

describe('channels', () => {
  test('hand an event with its name and origin to each listener, in order', () => {
    const seen: unknown[] = []
    follow(['job.start'], (event) => seen.push(['first', event]))
    follow('all', (event) => seen.push(['second', event]))
    emitStart()

    const event = { event: 'job.start', instance: 'Oban', node: 'web.1', ...job }
    expect(seen).toEqual([
      ['first', event],
      ['second', event],
    ])
  })

  test('read no payload while nobody listens', () => {
    const payload = {
      ...origin,
      queue: 'media',
      attempt: 1,
      get id(): number {
        return expect.fail('was read')
      },
    }
    follow(['job.start'], () => expect.fail('was called'))

    expect(listening('ack.lost')).toBe(false)
    expect(listening('job.start')).toBe(true)
    emit('ack.lost', payload)
  })

  test('are plain diagnostics channels for other tools', () => {
    const seen: unknown[] = []
    const listener = (message: unknown, name: string | symbol) => seen.push([name, message])
    subscribe('oban-ts:ack.lost', listener)
    emitLost(1)
    unsubscribe('oban-ts:ack.lost', listener)
    emitLost(2)

    const event = { event: 'ack.lost', ...origin, id: 1, queue: 'media', attempt: 1 }
    expect(seen).toEqual([['oban-ts:ack.lost', event]])
  })

  test('do not let a listener change what the next one sees', () => {
    const tampering = follow(['ack.lost'], (event) => Reflect.set(event, 'id', 99))
    const seen: number[] = []
    follow(['ack.lost'], ({ id }) => seen.push(id))
    emitLost(1)
    tampering()

    expect(seen).toEqual([1])
  })

  test('refuse an event that does not exist, with the nearest one', () => {
    expect(attachMisspelt).toThrow(ConfigError)
    expect(attachMisspelt).toThrow('did you mean "job.start"?')
  })
})

describe('attach refuses', () => {
  const list = `events: must be a list of events such as ['job.stop'], or 'all'; got`

  test.each([
    [['job.stop', fail], `${list} 'job.stop'`],
    [[undefined, fail], `${list} undefined`],
    [[['job.stop']], 'handler: must be a function, got undefined'],
    [[['job.stop'], fail, { instances: 'Oban' }], 'instances: must be a list of names'],
    [[['job.stop'], fail, { instance: 'Oban' }], 'instance: is not an option; there are'],
  ])('%o', (given, message) => {
    const wrong = (): unknown => Reflect.apply(attach, undefined, given)

    expect(wrong).toThrow(ConfigError)
    expect(wrong).toThrow(message)
  })
})

describe('channels detach', () => {
  test('once, from all events', () => {
    const seen: number[] = []
    const detach = follow(['ack.lost', 'ack.lost'], ({ id }) => seen.push(id))
    emitLost(1)
    detach()
    detach()
    emitLost(2)

    expect(seen).toEqual([1])
    expect(listening('ack.lost')).toBe(false)
  })

  test('from inside a handler without skipping the next handler', () => {
    const seen: string[] = []
    const detach = follow(['ack.lost'], () => {
      seen.push('leaving')
      detach()
    })
    follow(['ack.lost'], ({ id }) => seen.push(`staying ${id}`))
    emitLost(1)
    emitLost(2)

    expect(seen).toEqual(['leaving', 'staying 1', 'staying 2'])
  })

  test('a handler from inside another at once', () => {
    const seen: string[] = []
    const others: Array<() => void> = []
    follow(['ack.lost'], () => others.forEach((detach) => detach()))
    others.push(follow(['ack.lost'], () => seen.push('detached')))
    follow(['ack.lost'], () => seen.push('staying'))
    emitLost(1)

    expect(seen).toEqual(['staying'])
  })

  test('a handler that throws, report it, and spare emitter and other handlers', () => {
    const error = new Error('boom')
    const seen: unknown[] = []
    const failures: unknown[] = []
    follow(['ack.lost', 'job.start'], () => {
      throw error
    })
    follow(['ack.lost', 'job.start'], ({ event }) => seen.push(event))
    follow(['telemetry.handler_failed'], (event) => failures.push(event))
    emitLost(1)
    emitStart()
    emitLost(2)

    const failed = { event: 'telemetry.handler_failed', ...origin, failedEvent: 'ack.lost', error }
    expect(seen).toEqual(['ack.lost', 'job.start', 'ack.lost'])
    expect(failures).toEqual([failed])
  })

  test('a handler whose promise rejects, and report it once', async () => {
    const error = new Error('boom')
    const failures: unknown[] = []
    const reported = new Promise((resolve) => {
      follow(['telemetry.handler_failed'], (event) => resolve(failures.push(event)))
    })
    let calls = 0
    follow(['ack.lost'], () => {
      calls += 1

      return Promise.reject(error)
    })
    emitLost(1)
    emitLost(2)

    await reported
    emitLost(3)
    await Promise.resolve()
    expect(failures).toEqual([
      { event: 'telemetry.handler_failed', ...origin, failedEvent: 'ack.lost', error },
    ])
    expect(calls).toBe(2)
  })

  test('handlers of failures that fail themselves, and come to an end', async () => {
    const warned = once(process, 'warning')
    for (let nth = 0; nth < 5; nth++) follow('all', fail)
    emitLost(1)

    const [warning] = await warned
    expect(warning).toMatchObject({ name: 'ObanWarning', code: 'OBAN_HANDLER_FAILED' })
  })

  test('a handler that throws with nobody to tell, and warn the process', async () => {
    const warned = once(process, 'warning')
    follow(['ack.lost'], fail)
    emitLost(1)

    const [warning] = await warned
    expect(warning).toMatchObject({ name: 'ObanWarning', code: 'OBAN_HANDLER_FAILED' })
    expect(listening('ack.lost')).toBe(false)
  })
})
