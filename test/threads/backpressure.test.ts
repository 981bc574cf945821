import { describe, expect, test } from 'vitest'
import { arrived, Backpressure, backpressureBuffer } from '../../src/threads/backpressure.ts'
import type { LogLine } from '../../src/threads/protocol.ts'

function startBackpressure() {
  const buffer = backpressureBuffer()
  const backpressure = new Backpressure(buffer)

  return { backpressure, buffer }
}

function line(message: string): LogLine {
  return { token: 1, level: 'info', via: 'console', message, fields: {} }
}

describe('backpressure', () => {
  test('lets lines pass that have arrived, however many', () => {
    const { backpressure, buffer } = startBackpressure()
    const long = line('x'.repeat(700_000))
    // Beyond the range of the counter, which wraps around.
    for (let sent = 0; sent < 8_000; sent += 1) {
      backpressure.sent(long)
      arrived(buffer, long)
    }

    expect(new Int32Array(buffer)[0]).toBe((8_000 * 701_024) | 0)
  })
})
