import { expect, test } from 'vitest'
import { reachSchema } from '../../src/engine/reach.ts'
import type { Clock } from '../../src/clock.ts'
import { freePort } from '../support/free-port.ts'

test('reachSchema keeps the process alive while it waits for a server that is down', async () => {
  let nowMs = 0
  const pauses: unknown[] = []
  const clock: Clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    after: (delayMs, callback, options) => {
      pauses.push(options)
      nowMs += 100 * delayMs
      callback()

      return () => {}
    },
  }
  const connect = { host: '127.0.0.1', port: await freePort() }

  await expect(reachSchema(connect, 'public', clock)).rejects.toMatchObject({
    code: 'OBAN_DATABASE_UNREACHABLE',
  })
  expect(pauses).toEqual([{ keepAlive: true }])
})
