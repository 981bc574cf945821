import { describe, expect, test, vi } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import {
  Cancel,
  cancel,
  isCancel,
  isRecorded,
  isSnooze,
  record,
  Recorded,
  Snooze,
  snooze,
} from '../../src/worker/results.ts'

describe('results', () => {
  test('carry what they were made with', () => {
    expect(cancel('gone')).toEqual(new Cancel('gone'))
    expect(cancel().reason).toBeUndefined()
    expect(snooze({ minutes: 5 })).toEqual(new Snooze(300))
    expect(snooze(0).seconds).toBe(0)
    expect(record({ bytes: 1 })).toEqual(new Recorded({ bytes: 1 }))
  })

  test('are told apart', () => {
    const checks = [isCancel, isSnooze, isRecorded]
    const verdicts = [cancel(), snooze(1), record(1)].map((value) => checks.map((is) => is(value)))

    expect(verdicts).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ])
  })

  test.each([undefined, null, 5, 'cancel', {}, { reason: 'x' }, () => cancel()])(
    'are not mistaken for %o',
    (value) => {
      expect([isCancel(value), isSnooze(value), isRecorded(value)]).toEqual([false, false, false])
    },
  )

  test('are recognised by another copy of the package', async () => {
    vi.resetModules()
    const copy = await import('../../src/worker/results.ts')

    expect(copy.Cancel).not.toBe(Cancel)
    expect(copy.isCancel(cancel('x'))).toBe(true)
    expect(isSnooze(copy.snooze(1))).toBe(true)
    expect(isRecorded(copy.record(1))).toBe(true)
  })

  test('refuse to snooze into the past or for ever', () => {
    expect(() => snooze(-1)).toThrow(ConfigError)
    expect(() => snooze({ seconds: -1 })).toThrow('snooze.seconds: must not be negative, got -1')
    expect(() => snooze(Infinity)).toThrow(ConfigError)
    // @ts-expect-error: a snooze ends some day
    expect(() => snooze('infinity')).toThrow(ConfigError)
  })
})
