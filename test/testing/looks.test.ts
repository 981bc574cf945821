import { expect, test } from 'vitest'
import { emit } from '../../src/telemetry/channels.ts'
import { untilFound } from '../../src/testing/looks.ts'
import { simulatedClock } from '../support/simulated-clock.ts'

/** A wait for what is not there at first, and whose clock stands still. */
function waiting(signal?: AbortSignal) {
  const { clock, simulated } = simulatedClock()
  let there: string | undefined
  let looks = 0
  const found = untilFound({
    clock,
    instance: 'Watched',
    timeoutMs: 5_000,
    signal,
    look: () => {
      looks += 1

      return Promise.resolve(there)
    },
  })

  return {
    found,
    simulated,
    looks: () => looks,
    put: (what: string) => {
      there = what
    },
  }
}

function tell(instance: string) {
  emit('ack.lost', { instance, node: 'web.1', id: 1, queue: 'media', attempt: 1 })
}

/** What has been settled by now goes on first. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('looks as soon as its instance tells of something', async () => {
  const { found, put } = waiting()
  await settled()
  put('a job')
  tell('Watched')

  expect(await found).toBe('a job')
})

test('does not look for what other instances tell', async () => {
  const { found, looks, put, simulated } = waiting()
  await settled()
  put('a job')
  tell('Another')
  await settled()
  expect(looks()).toBe(1)

  simulated.increment(10)
  expect(await found).toBe('a job')
})

test('looks ever less often, and a last time at the end', async () => {
  const { found, looks, simulated } = waiting()
  const seen: number[] = []
  for (let ms = 0; ms <= 5_000; ms += 10) {
    await settled()
    if (ms === 70 || ms === 1_000 || ms === 5_000) seen.push(looks())
    simulated.increment(10)
  }

  expect(await found).toBeUndefined()
  // After 10, 20, 40 ms and so on, then each quarter of a second.
  expect(seen).toEqual([4, 8, 25])
})

test('ends with the reason of its signal', async () => {
  const end = new AbortController()
  const { found } = waiting(end.signal)
  await settled()
  end.abort(new Error('enough'))

  await expect(found).rejects.toThrow('enough')
})
