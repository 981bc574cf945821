import { describe, expect, test } from 'vitest'
import { surround } from '../../src/threads/around.ts'
import type { Around, ProcessResult } from '../../src/worker/execution.ts'
import { ExecutingJob } from '../../src/worker/execution.ts'
import { cancel, snooze } from '../../src/worker/results.ts'
import { gate } from '../support/gate.ts'
import { runMeans } from '../support/run-means.ts'
import { claimedRow } from '../support/claimed-row.ts'

const job = new ExecutingJob(claimedRow(), {}, runMeans)

function run(around: Around, body: () => ProcessResult | Promise<ProcessResult> = () => undefined) {
  let times = 0
  const outcome = surround(around, job, () => {
    times += 1

    return body()
  })

  return { outcome, times: () => times }
}

const failing = () => {
  throw new Error('body')
}

describe('around', () => {
  test.each<[string, Around]>([
    ['returns what next gave', (_, next) => next()],
    ['waits for next and returns nothing', async (_, next) => void (await next())],
    ['does not wait for next', (_, next) => void next()],
    ['returns what is no answer', async (_, next) => (await next(), JSON.parse('true'))],
  ])('passes on what the body answers when it %s', async (_, around) => {
    const answer = cancel('enough')
    const { outcome, times } = run(around, async () => Promise.resolve(answer))

    expect(await outcome).toBe(answer)
    expect(times()).toBe(1)
  })

  test('gives the job', async () => {
    const seen: unknown[] = []
    await run((given, next) => {
      seen.push(given)

      return next()
    }).outcome

    expect(seen).toEqual([job])
  })

  test('can answer without a body, after it, and for one that failed', async () => {
    const answer = snooze({ seconds: 5 })
    const skipped = run(() => answer)
    expect(await skipped.outcome).toBe(answer)
    expect(skipped.times()).toBe(0)

    const after = run(
      async (_, next) => (await next(), answer),
      () => cancel('body'),
    )
    expect(await after.outcome).toBe(answer)

    const instead = run((_, next) => next().catch(() => answer), failing)
    expect(await instead.outcome).toBe(answer)
  })

  test.each<[string, Around]>([
    ['passes it on', (_, next) => next()],
    ['does not wait for it', (_, next) => void next()],
    ['hides it', (_, next) => next().catch(() => undefined)],
  ])('leaves a failure of the body one when it %s', async (_, around) => {
    await expect(run(around, failing).outcome).rejects.toThrow('body')
  })

  test('fails the job with what it throws, once the body has ended', async () => {
    const order: string[] = []
    const door = gate()
    const body = async () => {
      await door.pass()
      order.push('body')
    }
    const { outcome } = run((_, next) => {
      void next()
      throw new Error('around')
    }, body)
    const failed = outcome.catch((error: unknown) => order.push(String(error)))
    door.open()
    await failed

    expect(order).toEqual(['body', 'Error: around'])
  })

  test.each<[string, Around, number]>([
    ['ended without calling next()', () => undefined, 0],
    ['called next() twice', async (_, next) => (await next(), next()), 1],
  ])('fails the job when it %s', async (message, around, times) => {
    const ran = run(around)

    await expect(ran.outcome).rejects.toThrow(`around() ${message}`)
    await expect(ran.outcome).rejects.toMatchObject({ code: 'OBAN_AROUND' })
    expect(ran.times()).toBe(times)
  })

  test('starts no body after its end', async () => {
    const kept: (() => unknown)[] = []
    const ran = run((_, next) => {
      kept.push(next)

      return snooze({ seconds: 1 })
    })
    await ran.outcome

    expect(kept[0]).toThrow('around() called next() after it had ended')
    expect(ran.times()).toBe(0)
  })
})
