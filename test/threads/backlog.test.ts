import { describe, expect, test } from 'vitest'
import { arrived, Backlog, backlogBuffer } from '../../src/threads/backlog.ts'
import type { LogLine } from '../../src/threads/protocol.ts'

function startBacklog() {
  const buffer = backlogBuffer()
  const backlog = new Backlog(buffer)

  return { backlog, buffer }
}

function line(message: string): LogLine {
  return { token: 1, level: 'info', via: 'console', message, fields: {} }
}

describe('backlog', () => {
  test('lets lines pass that have arrived, however many', () => {
    const { backlog, buffer } = startBacklog()
    const long = line('x'.repeat(700_000))
    // Beyond the range of the counter, which wraps around.
    for (let sent = 0; sent < 8_000; sent += 1) {
      backlog.sent(long)
      arrived(buffer, long)
    }

    expect(new Int32Array(buffer)[0]).toBe((8_000 * 701_024) | 0)
  })
})
