import { expect, test } from 'vitest'
import { packEnd, packJob, unpackEnd, unpackJob } from '../../src/threads/packing.ts'
import type { SettledMessage } from '../../src/threads/protocol.ts'
import { claimedRow } from '../support/claimed-row.ts'

test('a job arrives as it was sent, each column under its name', () => {
  const { state, ...row } = claimedRow()
  // Each value tells where it came from.
  const named = Object.fromEntries(Object.keys(row).map((name) => [name, name]))
  const job = { ...row, ...named, state }

  expect(unpackJob(structuredClone(packJob({ token: 7, job })))).toEqual({ token: 7, job })
})

test.each<SettledMessage>([
  { token: 1, durationMs: 0.25, outcome: { kind: 'completed' } },
  { token: 2, durationMs: 3, outcome: { kind: 'completed', recorded: 'g2QAA25pbA' } },
  { token: 3, durationMs: 3, outcome: { kind: 'completed' }, isFollowed: true },
  { token: 4, durationMs: 0, outcome: { kind: 'failed', error: 'Error: x', backoffSeconds: 17 } },
  { token: 5, durationMs: 0, outcome: { kind: 'interrupted', suspect: true } },
])('an end arrives as it was sent: %j', (end) => {
  expect(unpackEnd(structuredClone(packEnd(end)))).toEqual(end)
})
