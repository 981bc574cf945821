import { Console } from 'node:console'
import { on, once } from 'node:events'
import { Writable } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import type { Config } from '../../src/config.ts'
import { emit, listening } from '../../src/telemetry/channels.ts'
import { EVENT_NAMES } from '../../src/telemetry/events.ts'
import { attachLogger } from '../../src/telemetry/logger.ts'
import type { Output } from '../../src/telemetry/sinks.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { job, origin, samples } from '../support/telemetry-events.ts'

const detachers: Array<() => void> = []
afterEach(() => {
  for (const detach of detachers.splice(0)) detach()
  expect(EVENT_NAMES.filter((name) => listening(name))).toEqual([])
})

interface Given {
  readonly isTTY?: boolean
  readonly output?: Output
}

function startLogger(logger: Config['logger'], given: Given = {}) {
  const { clock, simulated } = simulatedClock(Date.UTC(2030, 0, 1, 12))
  const written: string[] = []
  const { isTTY = false, output = { isTTY, write: (text) => written.push(text) } } = given
  const detach = attachLogger({ name: 'Oban', node: 'web.1', logger, clock, output })
  detachers.push(detach)

  return { clock: simulated, detach, written }
}

/** A logger that keeps what it is called with. */
function keeper() {
  const calls: unknown[][] = []
  const keep =
    (level: string) =>
    (...args: unknown[]) =>
      calls.push([level, ...args])
  const methods = { debug: keep('debug'), info: keep('info'), warn: keep('warn') }

  return { calls, logger: { ...methods, error: keep('error') } }
}

/** A console of Node.js that keeps its lines. */
function keepingConsole() {
  const lines: string[] = []
  const stream = new Writable({
    write: (chunk, _, done) => {
      lines.push(String(chunk))
      done()
    },
  })

  return { lines, logger: new Console(stream) }
}

function fail(): never {
  throw new Error('disk full')
}

function failQuery(source: string, message: string): void {
  emit('query.failed', { ...origin, source, error: new Error(message) })
}

function failJob(id: number): void {
  emit('job.exception', { ...samples['job.exception'], id, state: 'failure' })
}

describe('logger', () => {
  test('gives a console warnings and errors, and does not listen to the rest', () => {
    const { lines, logger } = keepingConsole()
    startLogger(logger)
    emit('job.start', { ...origin, ...job })
    emit('notifier.switch', { ...origin, status: 'solitary' })
    failQuery('stager', 'gone')

    expect(listening('job.start')).toBe(false)
    expect(listening('producer.fetch')).toBe(false)
    expect(lines).toEqual([
      '[Oban] a query of stager failed and will be tried again: Error: gone\n',
    ])
  })

  test('calls pino-like loggers with fields first, at every level', () => {
    const { calls, logger } = keeper()
    startLogger(logger)
    emit('acker.flush', { ...origin, count: 2, durationMs: 1.5 })

    const fields = { ...origin, source: 'oban', event: 'acker:flush', count: 2, duration: 1_500 }
    expect(calls).toEqual([['debug', fields, '2 results stored']])
  })

  test('calls loggers that have a log method with the message first', () => {
    const { calls, logger } = keeper()
    startLogger({ ...logger, log: () => {} })
    emit('acker.flush', { ...origin, count: 1, durationMs: 0 })

    expect(calls).toEqual([['debug', '1 result stored', expect.objectContaining({ count: 1 })]])
  })

  test("writes a line of JSON for each event with 'json'", () => {
    const { written } = startLogger('json')
    emit('job.stop', samples['job.stop'])
    emit('producer.fetch', samples['producer.fetch'])

    expect(written).toHaveLength(1)
    expect(written[0]).toMatch(/^\{.*\}\n$/)
    expect(JSON.parse(written.join(''))).toEqual({
      time: '2030-01-01T12:00:00.000Z',
      level: 'info',
      source: 'oban',
      event: 'job:stop',
      ...origin,
      id: 42,
      worker: 'Media.Resize',
      queue: 'media',
      attempt: 2,
      max_attempts: 5,
      tags: ['png'],
      state: 'success',
      duration: 120_457,
      queue_time: 3_000,
      message: 'job 42 Media.Resize succeeded (attempt 2/5, 120 ms)',
    })
  })

  test("describes what JSON does not hold, and keeps the rest of the line, with 'json'", () => {
    const { written } = startLogger('json')
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    emit('job.log', { ...samples['job.log'], fields: { id: 42, big: 10n, cycle } })

    expect(JSON.parse(written.join(''))).toMatchObject({
      id: 42,
      big: '10n',
      cycle: expect.stringContaining('Circular'),
      message: 'no such image',
    })
  })

  test('says which job wrote a line, and what it gave beside the message', () => {
    const { lines, logger } = keepingConsole()
    const fields = { width: 80, path: 'a\nb', id: 42, queue: 'media', worker: 'Resize' }
    const pretty = startLogger('pretty')
    startLogger(logger)
    emit('job.log', { ...samples['job.log'], level: 'warn', message: 'too wide', fields })

    const text = String.raw`[media Resize 42] too wide width=80 path='a\nb'` + '\n'
    expect(lines).toEqual([text])
    expect(pretty.written).toEqual([`12:00:00.000 warn  ${text}`])
  })

  test('counts warnings of the jobs of one worker together, under no job', () => {
    const { clock, written } = startLogger('pretty')
    for (const [id, queue] of [
      [1, 'media'],
      [2, 'media'],
      [3, 'mail'],
    ] as const) {
      const fields = { width: 80 + id, id, queue, worker: 'Resize' }
      emit('job.log', { ...samples['job.log'], level: 'warn', message: 'too wide', fields })
    }
    clock.increment(10_000)

    expect(written.map((line) => line.slice(19))).toEqual([
      '[media Resize 1] too wide width=81\n',
      '[mail Resize 3] too wide width=83\n',
      '[media Resize] too wide … repeated once more\n',
    ])
  })

  test('passes on what jobs write to the console, whatever the level, and each time', () => {
    const { lines, logger } = keepingConsole()
    const fields = { id: 42, queue: 'media', worker: 'Resize' }
    const line = { ...samples['job.log'], via: 'console', fields } as const
    const json = startLogger('json')
    const pretty = startLogger('pretty')
    startLogger(logger)
    for (let time = 0; time < 20; time += 1) {
      emit('job.log', { ...line, level: 'debug', message: 'a\n\tb' })
    }
    emit('job.log', { ...line, via: 'log', level: 'debug', message: 'of log' })

    expect(lines).toEqual(Array.from({ length: 20 }, () => '[media Resize 42] a\n\tb\n'))
    expect(pretty.written).toHaveLength(20)
    expect(pretty.written[0]).toBe('12:00:00.000 debug [media Resize 42] a\n\tb\n')
    expect(json.written).toHaveLength(20)
    expect(JSON.parse(json.written[0] ?? '')).toMatchObject({ ...fields, message: 'a\n\tb' })
  })

  test('lets no field of a job pass for one of ours', () => {
    const { written } = startLogger('json')
    const fields = {
      time: 'never',
      level: 'fatal',
      source: 'me',
      event: 'mine',
      node: 'x',
      extra: 1,
    }
    emit('job.log', { ...samples['job.log'], level: 'warn', fields })

    expect(JSON.parse(written.join(''))).toMatchObject({
      time: '2030-01-01T12:00:00.000Z',
      level: 'warn',
      source: 'oban',
      event: 'job:log',
      node: 'web.1',
      extra: 1,
    })
  })

  test("writes lines for people with 'pretty', coloured on a terminal only", () => {
    const plain = startLogger('pretty')
    const coloured = startLogger('pretty', { isTTY: true })
    failQuery('stager', 'gone')

    const rest = 'a query of stager failed and will be tried again: Error: gone\n'
    expect(plain.written).toEqual([`12:00:00.000 warn  ${rest}`])
    expect(coloured.written).toEqual([`12:00:00.000 \u001B[33mwarn \u001B[39m ${rest}`])
  })

  test('is silent and listens to nothing when it is false', () => {
    startLogger(false)

    expect(EVENT_NAMES.filter((name) => listening(name))).toEqual([])
  })

  test('leaves other instances and nodes alone', () => {
    const { written } = startLogger('json')
    emit('job.start', { ...job, ...origin, instance: 'Other' })
    emit('job.start', { ...job, ...origin, node: 'web.2' })

    expect(written).toEqual([])
  })
})

describe('logger in an outage', () => {
  test('counts repetitions, and tells the count at the end of the window', () => {
    const { clock, written } = startLogger('pretty')
    for (let nth = 0; nth < 58; nth++) failQuery('stager', 'gone')
    expect(written).toHaveLength(1)

    clock.increment(9_999)
    expect(written).toHaveLength(1)

    clock.increment(1)
    expect(written[1]).toContain('Error: gone … repeated 57 times\n')
    clock.increment(60_000)
    expect(written).toHaveLength(2)
  })

  test('writes less than two lines a second for each source, though every error differs', () => {
    const { clock, written } = startLogger('json')
    for (let ms = 0; ms < 60_000; ms += 20) {
      failQuery('stager', `gone after ${ms}`)
      failQuery('acker', 'gone')
      clock.increment(20)
    }

    const lines = (source: string) => written.filter((line) => line.includes(`"actor":"${source}"`))
    expect(lines('stager').length / 60).toBeLessThan(1)
    expect(lines('acker').length / 60).toBeLessThan(0.5)
    expect(written.map((line) => JSON.parse(line)).reduce(counted, 0)).toBe(6_000)
  })

  test('counts jobs that fail alike for people, but gives machines each of them', () => {
    const pretty = startLogger('pretty')
    const json = startLogger('json')
    for (let id = 1; id <= 10; id++) failJob(id)
    pretty.clock.increment(10_000)

    expect(json.written).toHaveLength(10)
    expect(pretty.written.map((line) => line.slice(13))).toEqual([
      'warn  job 1 Media.Resize failed (attempt 2/5, 120 ms): Error: connection refused\n',
      'warn  jobs of Media.Resize failed: Error: connection refused … repeated 9 times\n',
    ])
  })

  test('tells the count when it is detached, and leaves no timer', () => {
    const { clock, detach, written } = startLogger('pretty')
    failQuery('stager', 'gone')
    failQuery('stager', 'gone')
    detach()
    expect(written[1]).toContain('… repeated once more\n')

    clock.increment(60_000)
    expect(written).toHaveLength(2)
  })
})

/** The codes of the warnings of this process up to one. */
async function warningsUntil(last: string): Promise<unknown[]> {
  const codes: unknown[] = []

  for await (const [warning] of on(process, 'warning')) {
    codes.push(warning.code)
    if (warning.code === last) break
  }

  return codes
}

/** How many events the lines stand for. */
function counted(total: number, line: { repeated?: number }): number {
  return total + (line.repeated ?? 1)
}

describe('logger that fails', () => {
  test('harms nobody, is tried again, and warns the process once', async () => {
    const warnings = warningsUntil('LAST')
    const { calls, logger } = keeper()
    startLogger({ ...logger, warn: fail })
    failQuery('stager', 'gone')
    failQuery('acker', 'gone')
    emit('acker.flush', { ...origin, count: 1, durationMs: 1 })
    // Warnings are delivered in order, so this one comes after all of the logger.
    process.emitWarning('last', { code: 'LAST' })

    expect(await warnings).toEqual(['OBAN_LOGGER_FAILED', 'LAST'])
    expect(calls.map(([level]) => level)).toEqual(['debug'])
  })

  test.each(['json', 'pretty'] as const)(
    'as its stream does, of %s, harms nobody either',
    async (logger) => {
      const warnings = warningsUntil('LAST')
      const output = new Writable({
        write: (_chunk, _encoding, done) => {
          done(new Error('no space left on device'))
        },
      })
      // Not once(), which would hear the error.
      const closed = new Promise((resolve) => output.on('close', resolve))
      startLogger(logger, { output })
      failQuery('stager', 'gone')
      await closed
      process.emitWarning('last', { code: 'LAST' })

      expect(await warnings).toEqual(['OBAN_LOGGER_FAILED', 'LAST'])
    },
  )

  test('with a rejected promise harms nobody either', async () => {
    const warned = once(process, 'warning')
    const { logger } = keeper()
    startLogger({ ...logger, warn: () => Promise.reject(new Error('disk full')) })
    failQuery('stager', 'gone')

    const [warning] = await warned
    expect(warning).toMatchObject({ code: 'OBAN_LOGGER_FAILED' })
  })
})
