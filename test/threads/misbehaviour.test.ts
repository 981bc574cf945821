import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startPool as start, type PoolOptions } from '../support/thread-pool.ts'

const interrupted = { kind: 'interrupted', suspect: false }
const suspected = { kind: 'interrupted', suspect: true }

const failed = (error: RegExp | string) => ({
  kind: 'failed',
  error: expect.stringMatching(error),
  backoffSeconds: expect.any(Number),
})

const timedOut = failed('JobTimeoutError: job timed out after 300 ms')

/** In milliseconds: the timeout of the fixtures, and the grace. */
const DEADLINE = 300
const GRACE = 1_000

/** How much longer it may take on a busy machine. */
const SLACK = 1_200

function startPool(options?: PoolOptions) {
  return start({ modules: ['threads-misbehave.js'], ...options })
}

/** How long something takes, in milliseconds. */
async function timed<Result>(work: Promise<Result>): Promise<[number, Result]> {
  const startedAtMs = performance.now()
  const result = await work

  return [performance.now() - startedAtMs, result]
}

describe('a job that blocks its thread', () => {
  test.each(['Busy', 'BusyLater', 'BusyOnAbort', 'BusySchema', 'Microtasks', 'Asleep'])(
    'longer than its timeout is ended with the thread: %s',
    async (worker) => {
      const { ended, exits, reports, run } = startPool()
      await ended(run('Where'))
      const [tookMs, { outcome }] = await timed(ended(run(worker)))

      expect(outcome).toEqual(timedOut)
      expect(tookMs).toBeGreaterThanOrEqual(DEADLINE + GRACE - 20)
      expect(tookMs).toBeLessThan(DEADLINE + GRACE + SLACK)
      expect(exits.items).toMatchObject([{ ending: 'blocked' }])
      expect(reports.items).toEqual([])
    },
  )

  test.each(['Busy', 'BusyLater', 'BusyOnAbort', 'Microtasks', 'Asleep'])(
    'pays alone: %s',
    async (worker) => {
      const { begun, ended, run } = startPool()
      const bystanders = [run('DeafWithoutEnd'), run('DeafWithoutEnd')]
      await Promise.all(bystanders.map(begun))
      const culprit = run(worker)

      expect((await ended(culprit)).outcome).toEqual(timedOut)
      for (const each of bystanders) expect((await ended(each)).outcome).toEqual(interrupted)
    },
  )

  test('leaves its place to the next job at once', async () => {
    const { ended, run } = startPool()
    await ended(run('Where'))
    const [tookMs] = await timed(
      ended(run('Busy')).then(async () => (await ended(run('Where'))).outcome),
    )

    expect(tookMs).toBeLessThan(2_500)
  })

  test('is run alone when it only kept another from ending', async () => {
    const { begun, ended, run } = startPool()
    const waiting = run('Deaf')
    await begun(waiting)
    const busy = run('BusyWithoutEnd')

    expect((await ended(busy)).outcome).toEqual(suspected)
    expect((await ended(waiting)).outcome).toEqual(interrupted)
  })

  test('has failed only when its thread is gone, however long that takes', async () => {
    const { ended, run, tenure } = startPool()
    await ended(run('Where'))
    const native = run('Native')
    const [tookMs] = await timed(ended(native))

    expect((await ended(native)).outcome).toEqual(timedOut)
    expect(tookMs).toBeGreaterThan(2_900)
    expect(tenure.threads).toBeLessThanOrEqual(1)
  })

  test('costs other jobs no time when it cannot even be ended', async () => {
    const { begun, ended, run, settled } = startPool()
    const other = run('DeafWithoutEnd')
    await begun(other)
    const native = run('Native')
    await settled.until((item) => item.run === native || item.run === other)
    const [tookMs] = await timed(ended(run('Where')))

    expect(tookMs).toBeLessThan(SLACK)
  })

  test('is dropped when it was cancelled', async () => {
    const { begun, ended, pool, run } = startPool()
    const bystander = run('DeafWithoutEnd')
    const busy = run('BusyWithoutEnd')
    await Promise.all([begun(bystander), begun(busy)])
    pool.abort(busy, 'OBAN_CANCELLED')

    expect((await ended(busy)).outcome).toEqual(interrupted)
    expect((await ended(bystander)).outcome).toEqual(interrupted)
  })
})

describe('a job past its timeout', () => {
  test('that heeds its signal fails, and nobody else notices', async () => {
    const { begun, ended, exits, run, say } = startPool()
    const bystander = run('Wait', { word: 'heeds' })
    await begun(bystander)
    const [tookMs, { outcome }] = await timed(ended(run('Obedient')))

    expect(outcome).toEqual({ ...timedOut, backoffSeconds: 7 })
    expect(outcome).toEqual(failed('JobAbortedError: job ran longer than its timeout'))
    expect(tookMs).toBeLessThan(DEADLINE + SLACK)
    say('heeds')
    expect((await ended(bystander)).outcome).toEqual({ kind: 'completed' })
    expect(exits.items).toEqual([])
  })

  test('whose schema does not come to an end fails, and nobody else notices', async () => {
    const { begun, ended, exits, run, say } = startPool()
    const bystander = run('Wait', { word: 'unchecked' })
    await begun(bystander)
    const [tookMs, { outcome }] = await timed(ended(run('Unchecked')))

    expect(outcome).toEqual(timedOut)
    expect(tookMs).toBeLessThan(DEADLINE + SLACK)
    say('unchecked')
    expect((await ended(bystander)).outcome).toEqual({ kind: 'completed' })
    expect(exits.items).toEqual([])
  })

  test('that ends well has completed', async () => {
    const { ended, run } = startPool()

    expect((await ended(run('Late'))).outcome).toMatchObject({ kind: 'completed' })
  })

  test('that goes on is ended with its thread, a second later', async () => {
    const { ended, exits, run } = startPool()
    const [tookMs, { outcome }] = await timed(ended(run('Deaf')))

    expect(outcome).toEqual(timedOut)
    expect(tookMs).toBeLessThan(DEADLINE + GRACE + SLACK)
    expect(exits.items).toMatchObject([{ ending: 'ignored' }])
  })

  test('that goes on leaves others the time to finish, while a new thread takes the next', async () => {
    const { begun, boots, ended, exits, run, say } = startPool()
    const bystander = run('Wait', { word: 'finish' })
    await begun(bystander)
    const culprit = run('Deaf')
    await begun(culprit)
    const first = await ended(run('Where'))
    await new Promise<void>((resolve) => boots.once('active', resolve))
    const next = await ended(run('Where'))
    say('finish')

    expect(next.outcome).not.toEqual(first.outcome)
    expect((await ended(bystander)).outcome).toEqual({ kind: 'completed' })
    expect((await ended(culprit)).outcome).toEqual(timedOut)
    expect(exits.items).toMatchObject([{ ending: 'ignored' }])
  })

  test('that goes on costs others their time after five seconds more, and no attempt', async () => {
    const { begun, ended, run } = startPool()
    const bystander = run('DeafWithoutEnd')
    await begun(bystander)
    const [tookMs, { outcome }] = await timed(ended(run('Deaf')))

    expect(outcome).toEqual(timedOut)
    expect(tookMs).toBeGreaterThan(DEADLINE + GRACE + 4_900)
    expect((await ended(bystander)).outcome).toEqual(interrupted)
  }, 15_000)

  test('may have one of its own, and fails at once when that is no time', async () => {
    const { ended, run } = startPool()

    expect((await ended(run('Choosy', { timeout: { milliseconds: 10 } }))).outcome).toEqual(
      failed('JobTimeoutError: job timed out after 10 ms'),
    )
    expect((await ended(run('Choosy', { timeout: 10 }))).outcome).toEqual(
      failed('must name its unit'),
    )
  })
})

describe('a cancelled job', () => {
  test('that goes on is ended with its thread, a second later', async () => {
    const { begun, ended, exits, pool, run } = startPool()
    const job = run('DeafWithoutEnd')
    await begun(job)
    pool.abort(job, 'OBAN_CANCELLED')
    const [tookMs, { outcome }] = await timed(ended(job))

    expect(outcome).toEqual(interrupted)
    expect(tookMs).toBeLessThan(GRACE + SLACK)
    expect(exits.items).toMatchObject([{ ending: 'ignored' }])
  })

  test('never starts while its thread is coming up', async () => {
    const { ended, exits, logged, pool, run } = startPool()
    const job = run('DeafWithoutEnd')
    pool.abort(job, 'OBAN_CANCELLED')

    expect((await ended(job)).outcome).toEqual(interrupted)
    expect((await ended(run('Where'))).outcome).toMatchObject({ kind: 'completed' })
    expect(logged.items).toEqual([])
    expect(exits.items).toEqual([])
  })

  test('never starts when the word reaches its thread right after it', async () => {
    const { begun, ended, logged, pool, run } = startPool()
    const path = join(temporaryFolder(), 'go')
    const busy = run('BusyUntilFile', { path })
    await begun(busy)
    // The thread looks at neither before both are there.
    const job = run('DeafWithoutEnd')
    pool.abort(job, 'OBAN_CANCELLED')
    writeFileSync(path, '')

    expect((await ended(job)).outcome).toEqual(interrupted)
    expect(logged.items.map((item) => item.run)).toEqual([busy])
  })
})

describe('a job with other ideas', () => {
  test.each([
    // Node.js itself calls process.exit for an error without listeners; on 24 that is told first.
    ['takes our listeners away', 'Sabotage', /Error: unseen|process\.exit\(\) was called/],
    ['leaves by the back door', 'Exits', 'exit code 3'],
    ['has a thread of its own that dies', 'Nested', 'Error: nested'],
    ['calls itself for ever', 'Deep', 'RangeError: Maximum call stack size exceeded'],
    ['throws nothing', 'Throws', 'threw object: null'],
  ])('fails: it %s', async (_, worker, error) => {
    const { ended, reports, run } = startPool()

    expect((await ended(run(worker))).outcome).toEqual(failed(error))
    expect((await ended(run('Where'))).outcome).toMatchObject({ kind: 'completed' })
    expect(reports.items).toEqual([])
  })
})

test('a job that ends its thread without a word pays alone', async () => {
  const { begun, ended, run } = startPool()
  const bystanders = [run('DeafWithoutEnd'), run('DeafWithoutEnd')]
  await Promise.all(bystanders.map(begun))
  const culprit = run('Exits')

  expect((await ended(culprit)).outcome).toEqual(failed('exit code 3'))
  for (const each of bystanders) expect((await ended(each)).outcome).toEqual(interrupted)
})

describe('a job that leaves a busy loop behind', () => {
  const completed = { kind: 'completed' }

  test('costs those beside it five seconds, and no attempt', async () => {
    const { begun, ended, exits, run } = startPool()
    const bystanders = [run('DeafWithoutEnd'), run('DeafWithoutEnd')]
    await Promise.all(bystanders.map(begun))
    expect((await ended(run('Leaves'))).outcome).toEqual(completed)
    const [tookMs] = await timed(Promise.all(bystanders.map(ended)))

    expect(tookMs).toBeLessThan(6_000 + SLACK)
    for (const each of bystanders) expect((await ended(each)).outcome).toEqual(interrupted)
    expect(exits.items).toMatchObject([{ ending: 'blocked' }])
  })

  test('has nobody else pay who runs out of time behind it', async () => {
    const { begun, ended, run } = startPool()
    const bystander = run('DeafWithoutEnd')
    await begun(bystander)
    const late = run('Deaf')
    await begun(late)
    await ended(run('Leaves'))

    expect((await ended(late)).outcome).toEqual(interrupted)
    expect((await ended(bystander)).outcome).toEqual(interrupted)
  })

  test('is found by what the thread does not take in any more', async () => {
    const { ended, exits, run } = startPool()
    await ended(run('Leaves'))
    // One of these is given to the thread when it has begun to spin, and none is running then.
    while (exits.items.length === 0) {
      const { outcome } = await ended(run('Where'))
      expect(['completed', 'interrupted']).toContain(outcome.kind)
    }

    expect(exits.items).toMatchObject([{ ending: 'blocked' }])
    expect((await ended(run('Where'))).outcome).toMatchObject(completed)
  })
})

test('a job that posts garbage on all ports it finds is not listened to', async () => {
  const { ended, exits, reports, run } = startPool()

  expect((await ended(run('Posts'))).outcome).toEqual({ kind: 'completed' })
  expect((await ended(run('Where'))).outcome).toMatchObject({ kind: 'completed' })
  expect(exits.items).toEqual([])
  expect(reports.items).toEqual([])
})

describe('a job that stops the time of its thread', () => {
  test('ends, and keeps no other from ending, nor from having its time', async () => {
    const { ended, exits, reports, run } = startPool()
    expect((await ended(run('Freeze'))).outcome).toEqual({ kind: 'completed' })

    expect((await ended(run('Where'))).outcome).toMatchObject({ kind: 'completed' })
    expect((await ended(run('Busy'))).outcome).toEqual(timedOut)
    expect(exits.items).toMatchObject([{ ending: 'blocked' }])
    expect(reports.items).toEqual([])
  })
})

describe('a worn thread', () => {
  test('is replaced after its share of jobs, at no cost', async () => {
    const { ended, exits, reports, run } = startPool({ recycle: { jobs: 3 } })
    const threads = new Set<string>()
    while (exits.items.length < 2) {
      threads.add(JSON.stringify((await ended(run('Where'))).outcome))
    }

    expect(threads.size).toBeGreaterThanOrEqual(2)
    expect(exits.items).toMatchObject([{ ending: 'recycled' }, { ending: 'recycled' }])
    expect(reports.items).toEqual([])
  })

  test('keeps what it runs, and takes what comes, until its successor is up', async () => {
    const { begun, boots, ended, exits, run, say } = startPool({ recycle: { jobs: 1 } })
    const long = run('Wait', { word: 'worn' })
    await begun(long)
    boots.pause()
    const first = await ended(run('Where'))
    expect((await ended(run('Where'))).outcome).toEqual(first.outcome)
    boots.start()
    await boots.onIdle()
    expect((await ended(run('Where'))).outcome).not.toEqual(first.outcome)
    say('worn')

    expect((await ended(long)).outcome).toEqual({ kind: 'completed' })
    await exits.until(({ ending }) => ending === 'recycled')
  })

  test('is replaced for the memory that it keeps', async () => {
    const { ended, exits, run } = startPool({ recycle: { bytes: 12 * 2 ** 20 } })
    while (exits.items.length === 0) await ended(run('Heavy'))

    expect(exits.items).toMatchObject([{ ending: 'recycled' }])
  })
})
