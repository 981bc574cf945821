import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { LoggerLike } from '../../src/config/options.ts'
import { parseConfig } from '../../src/config.ts'
import { ConfigError } from '../../src/errors.ts'
import { Oban } from '../../src/oban.ts'
import { emit, listening } from '../../src/telemetry/channels.ts'
import { attachDefaultLogger } from '../../src/telemetry/default-logger.ts'
import type { DefaultLoggerOptions } from '../../src/telemetry/default-logger.ts'
import { EVENT_NAMES } from '../../src/telemetry/events.ts'
import { attachLogger } from '../../src/telemetry/logger.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { job, origin, samples } from '../support/telemetry-events.ts'

beforeEach(() => {
  expect(EVENT_NAMES.filter((name) => listening(name))).toEqual([])
})

function startLogger(options: DefaultLoggerOptions = {}) {
  const written: string[] = []
  const stream = { write: (text: string) => written.push(text) }
  const detach = attachDefaultLogger({ stream, ...options })
  onTestFinished(detach)
  const lines = () => written.map((text): Record<string, unknown> => JSON.parse(text))

  return { detach, lines, written }
}

function keeper() {
  const calls: unknown[][] = []
  const keep =
    (level: string) =>
    (...args: unknown[]) =>
      calls.push([level, ...args])
  const logger: LoggerLike = {
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
  }

  return { calls, logger }
}

/** Log as an instance with these options does. */
function startInstanceLogger(options: unknown) {
  const { clock } = simulatedClock(0)
  const config = parseConfig({ name: 'Oban', node: 'web.1', ...Object(options) })
  const written: string[] = []
  const output = { write: (text: string) => written.push(text) }
  onTestFinished(attachLogger({ ...config, clock, output }))

  return written
}

/** A call with options that types would refuse. */
function refused(options: object) {
  return () => Reflect.apply(attachDefaultLogger, undefined, [options])
}

function refusedByOban(logger: object) {
  return () => Reflect.construct(Oban, [{ name: 'refused', logger }])
}

const other = { instance: 'Other', node: 'web.1' }
const flush = { count: 2, durationMs: 1.5 }
const fetched = { queue: 'media', demand: 5, fetchedCount: 1, ids: [42], durationMs: 2 }

describe('the default logger', () => {
  test('writes the events of all instances as JSON, from info', () => {
    const { lines } = startLogger()
    emit('job.start', { ...origin, ...job })
    emit('job.start', { ...other, ...job })
    emit('acker.flush', { ...origin, ...flush })

    expect(lines()).toMatchObject([
      { level: 'info', source: 'oban', event: 'job:start', instance: 'Oban', id: 42 },
      { level: 'info', source: 'oban', event: 'job:start', instance: 'Other', id: 42 },
    ])
    expect(listening('acker.flush')).toBe(false)
  })

  test('leaves out what is below its level', () => {
    const warnings = startLogger({ level: 'warn' })
    const everything = startLogger({ level: 'debug' })
    emit('job.start', { ...origin, ...job })
    emit('acker.flush', { ...origin, ...flush })
    emit('ack.lost', { ...origin, id: 1, queue: 'media', attempt: 1 })

    expect(warnings.lines().map(({ event }) => event)).toEqual(['ack:lost'])
    expect(everything.lines().map(({ event }) => event)).toEqual([
      'job:start',
      'acker:flush',
      'ack:lost',
    ])
  })

  test('writes for people when asked to', () => {
    const { written } = startLogger({ encode: 'pretty' })
    emit('job.start', { ...origin, ...job })

    expect(written[0]?.slice(13)).toBe('info  job 42 Media.Resize started (attempt 2/5)\n')
  })

  test('is for the instances that are named', () => {
    const { lines } = startLogger({ instances: ['Other', 'Third'] })
    emit('job.start', { ...origin, ...job })
    emit('job.start', { ...other, ...job })

    expect(lines().map(({ instance }) => instance)).toEqual(['Other'])
  })

  test('is for the events that are named, and listens to no others', () => {
    const { lines } = startLogger({ events: ['job.stop'] })
    emit('job.start', { ...origin, ...job })
    emit('job.stop', samples['job.stop'])

    expect(EVENT_NAMES.filter((name) => listening(name))).toEqual(['job.stop'])
    expect(lines().map(({ event }) => event)).toEqual(['job:stop'])
  })

  test('gives the events to a logger', () => {
    const { calls, logger } = keeper()
    onTestFinished(attachDefaultLogger({ logger, level: 'debug' }))
    emit('acker.flush', { ...origin, ...flush })

    const fields = { ...origin, source: 'oban', event: 'acker:flush', count: 2, duration: 1_500 }
    expect(calls).toEqual([['debug', fields, '2 results stored']])
  })

  test('leaves spans out unless they are named', () => {
    const all = startLogger({ level: 'debug' })
    const named = startLogger({
      level: 'debug',
      events: ['producer.fetch.start', 'producer.fetch.stop', 'producer.fetch.exception'],
    })
    emit('producer.fetch.start', { ...origin, queue: 'media', demand: 5 })
    emit('producer.fetch.stop', { ...origin, ...fetched })
    const error = new Error('gone')
    emit('producer.fetch.exception', {
      ...origin,
      queue: 'me\ndia',
      demand: 5,
      durationMs: 2,
      error,
    })

    expect(all.lines()).toEqual([])
    expect(named.lines()).toMatchObject([
      { event: 'producer:fetch:start', message: 'producer.fetch began', demand: 5 },
      { message: 'producer.fetch took 2 ms', fetched_count: 1, ids: [42], duration: 2_000 },
      { message: 'producer.fetch failed after 2 ms: Error: gone', queue: 'me dia' },
    ])
  })

  test('stops when it is detached', () => {
    const { detach, written } = startLogger()
    detach()
    detach()
    emit('job.start', { ...origin, ...job })

    expect(written).toEqual([])
  })

  test('refuses what does not exist, with all problems and what was meant', () => {
    expect(refused({ level: 'warning' })).toThrow(ConfigError)
    expect(refused({ level: 'warning', encode: 'xml' })).toThrow(/level: .*\n?.*encode: /s)
    expect(refused({ events: ['job.strat'] })).toThrow('did you mean "job.start"?')
    expect(refused({ logger: console, encode: 'json' })).toThrow('expected no encode')
    expect(EVENT_NAMES.filter((name) => listening(name))).toEqual([])
  })
})

describe('the logger option', () => {
  test('takes a level and an encoding', () => {
    const written = startInstanceLogger({ logger: { level: 'debug', encode: 'json' } })
    const quiet = startInstanceLogger({ logger: { level: 'error', encode: 'pretty' } })
    emit('acker.flush', { ...origin, ...flush })
    emit('ack.lost', { ...origin, id: 1, queue: 'media', attempt: 1 })

    expect(written.map((text) => JSON.parse(text).level)).toEqual(['debug', 'warn'])
    expect(quiet).toEqual([])
  })

  test('takes a logger with a level and events for it', () => {
    const { calls, logger } = keeper()
    startInstanceLogger({ logger: { logger, level: 'info', events: ['job.start', 'acker.flush'] } })
    emit('job.start', { ...origin, ...job })
    emit('job.stop', samples['job.stop'])
    emit('acker.flush', { ...origin, ...flush })

    expect(calls.map(([level]) => level)).toEqual(['info'])
  })

  test('is still a logger when that is a plain object with a level of its own', () => {
    const { calls, logger } = keeper()
    startInstanceLogger({ logger: { ...logger, level: 'silent' } })
    emit('acker.flush', { ...origin, ...flush })

    expect(calls.map(([level]) => level)).toEqual(['debug'])
  })

  test('is refused with every problem, and events that do not exist at once', () => {
    expect(refusedByOban({ level: 'loud', encode: 'xml' })).toThrow(
      /logger\.encode: .*logger\.level: /s,
    )
    expect(refusedByOban({ level: 'info', colour: true })).toThrow(
      'logger.colour: is not an option',
    )
    expect(refusedByOban({ encode: 'json', logger: console })).toThrow('either encode or logger')
    expect(refusedByOban({ events: ['job.stop', 'job.strat'] })).toThrow(
      /logger\.events\[1\]: there is no event "job.strat".*did you mean "job.start"\?/s,
    )
    expect(refusedByOban({ events: 'some' })).toThrow("logger.events: expected 'all'")
  })
})
