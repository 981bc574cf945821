import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FACT_NAMES } from '../../src/telemetry/events.ts'
import { lineOf, loudest } from '../../src/telemetry/lines.ts'
import { banner, isAtLeast, oneLine } from '../../src/telemetry/words.ts'
import { origin, samples } from '../support/telemetry-events.ts'

const origins = { source: 'oban', ...origin }

describe('lines', () => {
  test('give jobs the keys and units of Oban, without args and meta', () => {
    const fields = {
      id: 42,
      worker: 'Media.Resize',
      queue: 'media',
      attempt: 2,
      max_attempts: 5,
      tags: ['png'],
    }

    expect(lineOf(samples['job.start']).fields).toEqual({
      ...origins,
      ...fields,
      event: 'job:start',
    })
    expect(lineOf(samples['job.exception']).fields).toEqual({
      ...origins,
      ...fields,
      event: 'job:exception',
      state: 'discard',
      duration: 120_457,
      queue_time: 3_000,
      error: 'Error: connection refused',
    })
  })

  test('say what happened, at the level it deserves', () => {
    const said = FACT_NAMES.map((name) => {
      const { level, message } = lineOf(samples[name])

      return `${level} ${message}`
    })

    expect(said).toEqual([
      'info job 42 Media.Resize started (attempt 2/5)',
      'info job 42 Media.Resize succeeded (attempt 2/5, 120 ms)',
      'error job 42 Media.Resize failed for the last time (attempt 2/5, 120 ms): Error: connection refused',
      'warn job 42 Media.Resize goes on though it should have ended: nothing can end it on the main thread (attempt 2/5)',
      'error no such image',
      'error worker module file:///workers.js did not load: Error: connection refused',
      'warn notifications do not arrive, so queues are polled',
      'warn signal to start queue late could not be followed: Error: connection refused',
      'info jobs of other nodes are found by polling',
      'info queue media is paused with a limit of 10',
      'warn queue media stopped after 15000 ms with 2 jobs running',
      'debug starting with 1 queue',
      'warn stopped after 6000 ms, and 2 results could not be stored: the jobs will run again',
      'debug pruner starts',
      'debug 3 jobs made available',
      'debug 1 periodic job inserted',
      'error the periodic jobs "@daily" of Digest cannot be inserted: Error: connection refused',
      'warn 2 jobs of dead nodes rescued',
      'info this node leads',
      'debug 3 old jobs deleted',
      'debug indexes of the jobs table rebuilt: 1, 1 left behind dropped',
      'warn this role may not rebuild indexes of oban_jobs, which its owner may, so they stay as they are; reindexer: false is silence',
      'debug the jobs table vacuumed after 100000 processed jobs',
      'warn this role may not vacuum oban_jobs, which its owner may, so fetching gets slower until autovacuum comes by; vacuum: false is silence',
      'warn oban-py leads on py.1, py.2 and puts jobs back that run for more than 300 s, wherever they run: raise its rescue_after',
      'debug queue media fetched 1 job',
      'debug 7 results stored',
      'warn result of job 42 in queue media dropped, as somebody else owns the row by now',
      "warn worker Gone (queue media) is in none of this node's modules",
      'warn thread 3 of queue media ended (crash): Error: connection refused',
      'warn a query of stager failed and will be tried again: Error: connection refused',
      'error supervisor: max_intensity of queue/media: Error: connection refused',
      'error an observer of the tree threw and is not told anything more: Error: connection refused',
      'error a telemetry handler of job.stop threw and is detached: Error: connection refused',
    ])
  })

  test('of every event are as loud as the table says, at their worst', () => {
    expect(FACT_NAMES.map((name) => [name, lineOf(samples[name]).level])).toEqual(
      FACT_NAMES.map((name) => [name, loudest(name)]),
    )
  })

  test('are quiet about what went well', () => {
    const calm = [
      { ...samples['queue.shutdown'], orphaned: [] },
      { ...samples['instance.stop'], undelivered: 0 },
      { ...samples['lifeline.rescue'], rescued: [] },
      { ...samples['thread.exit'], cause: 'idle' as const, error: undefined },
      { ...samples['notifier.switch'], status: 'solitary' as const },
    ]

    expect(calm.map((event) => lineOf(event).level)).toEqual([
      'debug',
      'debug',
      'debug',
      'debug',
      'info',
    ])
  })

  test('are one bounded line, whatever is in names and errors', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), fc.anything(), (name, error) => {
        const failed = { ...samples['cron.refused'], worker: name, error }
        const { message, gist, fields } = lineOf(failed)

        for (const text of [message, gist, String(fields['worker']), String(fields['error'])]) {
          expect(text.length).toBeLessThan(402)
          expect(text).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
        }
      }),
    )
  })
})

describe('words', () => {
  test('hide the user and password of URLs', () => {
    const text = 'connect postgres://me:p/w@db:5432/app failed, see https://example.com/a'

    expect(oneLine(text)).toBe(
      'connect postgres://***@db:5432/app failed, see https://example.com/a',
    )
    expect(oneLine(`${'x'.repeat(390)} postgres://me:hunter2@db`)).not.toContain('hunter')
  })

  test('take the first line of an error, or the code of one without a message', () => {
    const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })
    const unreadable = Object.defineProperty(new Error('x'), 'message', {
      get: () => expect.fail('read'),
    })

    expect(banner(new TypeError('one\ntwo'))).toBe('TypeError: one')
    expect(banner(new Error('two faults:\none\ntwo'))).toBe('Error: two faults: one')
    expect(banner(refused)).toBe('AggregateError: ECONNREFUSED')
    expect(banner('thrown text')).toBe('thrown text')
    expect(banner(undefined)).toBe('undefined')
    expect(banner(Object.create(null))).toBe('an error that cannot be read')
    expect(banner(unreadable)).toBe('an error that cannot be read')
  })

  test('order levels', () => {
    expect(isAtLeast('warn', 'warn')).toBe(true)
    expect(isAtLeast('info', 'warn')).toBe(false)
    expect(isAtLeast('error', 'debug')).toBe(true)
  })
})
