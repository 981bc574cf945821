import { describe, expect, test } from 'vitest'
import { claimedRow } from '../support/claimed-row.ts'
import { settled as turn } from '../support/effect.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { startStopStress } from '../support/start-stop.ts'
import { openPool, startPool, stopPool } from '../support/thread-pool.ts'

const interrupted = { kind: 'interrupted', suspect: false }
const suspected = { kind: 'interrupted', suspect: true }

const crashed = (cause: string) => ({
  kind: 'failed',
  error: expect.stringContaining(cause),
  backoffSeconds: expect.any(Number),
})

/** Far more than a small thread can hold before it runs out of memory. */
const SMALL = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 }

describe('thread slot', () => {
  test('starts its thread with the first job, and keeps it', async () => {
    const { ended, run, tenure } = startPool()
    expect(tenure.threads).toBe(0)
    const first = await ended(run('Where'))
    const second = await ended(run('Where'))

    expect(second.outcome).toEqual(first.outcome)
    expect(tenure.threads).toBe(1)
  })

  test('gives jobs that came before the thread was up to it, in one go', async () => {
    const { ended, run, tenure } = startPool()
    const runs = [run('Where'), run('Where'), run('Where')]
    const outcomes = await Promise.all(runs.map(async (each) => (await ended(each)).outcome))

    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1)
    expect(tenure.threads).toBe(1)
  })

  test('describes fields of a log line that cannot leave the thread', async () => {
    const { ended, logged, run } = startPool()

    expect((await ended(run('Talk'))).outcome).toEqual({ kind: 'completed' })
    expect(logged.items.map(({ line }) => line.fields)).toEqual([
      expect.objectContaining({ big: 1n, cannot: '[Function: cannot]', plain: 'text' }),
    ])
  })

  test('fails the job that calls process.exit and spares the others', async () => {
    const { begun, ended, exits, run } = startPool()
    const bystander = run('Deaf')
    await begun(bystander)
    const culprit = run('Exit')

    expect((await ended(culprit)).outcome).toEqual(
      crashed('JobCrashError: job crashed its thread: process.exit(7) was called'),
    )
    expect((await ended(bystander)).outcome).toEqual(interrupted)
    expect(exits.items).toMatchObject([{ ending: 'tainted', cause: 'process.exit(7) was called' }])
  })

  test.each([
    ['Uncaught', 'uncaught exception', 'TypeError: timer'],
    ['Unhandled', 'unhandled rejection', 'RangeError: floating'],
  ])('fails the job of an error that nobody catches: %s', async (worker, what, error) => {
    const { begun, ended, run, say } = startPool()
    const bystander = run('Wait', { word: worker })
    await begun(bystander)
    const culprit = await ended(run(worker))
    expect(culprit.outcome).toEqual(crashed(what))
    expect(culprit.outcome).toEqual(crashed(error))

    // The others on the thread may finish.
    say(worker)
    expect((await ended(bystander)).outcome).toMatchObject({ kind: 'completed' })
  })

  test('gives the next job to a new thread while the tainted one finishes', async () => {
    const { begun, ended, exits, run, say, tenure } = startPool()
    const bystander = run('Wait', { word: 'next' })
    await begun(bystander)
    await ended(run('Uncaught'))
    const next = await ended(run('Where'))
    expect(tenure.threads).toBe(2)
    say('next')
    const last = await ended(bystander)

    expect(next.outcome).not.toEqual(last.outcome)
    await exits.until(() => true)
    expect(tenure.threads).toBe(1)
  })

  test('replaces a thread for what a job did after it had ended, at nobody’s cost', async () => {
    const { begun, ended, exits, reports, run, say } = startPool()
    const bystander = run('Wait', { word: 'late' })
    await begun(bystander)
    expect((await ended(run('Late'))).outcome).toEqual({ kind: 'completed' })
    await ended(run('Uncaught'))
    say('late')

    expect((await ended(bystander)).outcome).toMatchObject({ kind: 'completed' })
    await exits.until(() => true)
    expect(reports.items).toEqual([])
  })

  test('fails a job whose end cannot be told by its own doing', async () => {
    const { ended, exits, run } = startPool()

    expect((await ended(run('Unpushable'))).outcome).toEqual(
      crashed('crashed its thread: unhandled rejection: Error: no push'),
    )
    expect(exits.items).toMatchObject([{ ending: 'tainted' }])
    expect((await ended(run('Where'))).outcome).toMatchObject({ kind: 'completed' })
  })

  test('blames the only job of a thread that dies', async () => {
    const { ended, run } = startPool()

    expect((await ended(run('Anonymous'))).outcome).toEqual(crashed('Error: whose?'))
  })

  test('suspects each of several jobs when nobody can be blamed', async () => {
    const { begun, ended, run } = startPool()
    const others = [run('Deaf'), run('Deaf')]
    await Promise.all(others.map(begun))
    const culprit = run('Anonymous')

    for (const each of [culprit, ...others]) expect((await ended(each)).outcome).toEqual(suspected)
  })

  test('blames the only job of a thread that runs out of memory', async () => {
    const { ended, run } = startPool({ resourceLimits: SMALL })

    expect((await ended(run('Memory'))).outcome).toEqual(crashed('memory limit'))
  })

  test('suspects the others on a thread that runs out of memory', async () => {
    const { begun, ended, run } = startPool({ resourceLimits: SMALL })
    const other = run('Deaf')
    await begun(other)
    const culprit = run('Memory')

    expect((await ended(culprit)).outcome).toEqual(suspected)
    expect((await ended(other)).outcome).toEqual(suspected)
  })

  test('costs no restart when a job kills its thread', async () => {
    const { ended, reports, run } = startPool()
    for (let time = 0; time < 12; time += 1) await ended(run('Exit'))

    expect((await ended(run('Where'))).outcome).toMatchObject({ kind: 'completed' })
    expect(reports.items).toEqual([])
  })

  test('tells the memory of a thread that has run nothing yet', async () => {
    const { boots, ended, pool, run } = startPool()
    await ended(run('Exit'))
    await boots.onIdle()

    expect(pool.threads()).toMatchObject([{ state: 'up', running: [] }])
    expect(pool.threads()[0]?.memoryBytes).toBeGreaterThan(2 ** 20)
  })

  test('takes no message of a job for one of ours', async () => {
    const { ended, run, settled } = startPool()
    expect((await ended(run('Chatter'))).outcome).toEqual({ kind: 'completed' })
    await ended(run('Where'))

    expect(settled.items).toHaveLength(2)
  })
})

describe('a thread that does not come up', () => {
  test.each([
    ['exits', 'threads-exit.js', 'process.exit(3) was called'],
    ['leaves a rejection behind', 'threads-floating.js', 'Error: floating'],
  ])('since a module %s gives its jobs back and starts again later', async (_, module, cause) => {
    const { ended, exits, reports, run } = startPool({ modules: [module] })
    const first = run('Where')
    expect((await ended(first)).outcome).toEqual(interrupted)
    expect(exits.items[0]?.cause).toContain(cause)
    const second = run('Where')

    expect((await ended(second)).outcome).toEqual(interrupted)
    expect(exits.items).toHaveLength(2)
    expect(reports.items).toEqual([])
  })

  test('is tried ever more rarely, at most every five seconds', async () => {
    const { clock, simulated } = simulatedClock()
    const { ended, exits, pool, run } = startPool({ modules: ['threads-exit.js'], clock })
    await ended(run('Where'))
    for (const waitMs of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
      const job = run('Where')
      simulated.increment(waitMs - 1)
      await turn()
      expect(pool.threads().map(({ state }) => state)).toEqual(['asleep'])
      simulated.increment(1)
      expect((await ended(job)).outcome).toEqual(interrupted)
    }

    expect(exits.items).toHaveLength(9)
  })

  test('in a minute is given up', async () => {
    const { clock, simulated } = simulatedClock()
    const { ended, run } = startPool({ modules: ['threads-endless.js'], clock })
    const job = run('Where')
    simulated.increment(60_000)

    expect((await ended(job)).outcome).toEqual(interrupted)
  })

  test.each([
    ['throws', 'threads-broken.js'],
    ['does not exist', 'threads-missing.js'],
  ])('is none whose module %s: only its workers are unknown', async (_, module) => {
    const { ended, run } = startPool({ modules: [module, 'threads.js'] })

    expect((await ended(run('Where'))).outcome).toMatchObject({ kind: 'completed' })
  })
})

describe('an abort', () => {
  test('reaches a body in a thread', async () => {
    const { begun, ended, pool, run } = startPool()
    const job = run('Obedient')
    await begun(job)
    pool.abort(job, 'OBAN_CANCELLED')

    expect((await ended(job)).outcome).toEqual(crashed('JobAbortedError: job was cancelled'))
  })

  test('by the shutdown interrupts the body that throws', async () => {
    const { begun, ended, pool, run } = startPool()
    const job = run('Obedient')
    await begun(job)
    pool.abort(job, 'OBAN_SHUTDOWN')

    expect((await ended(job)).outcome).toEqual(interrupted)
  })

  test('of a job that has no thread yet never starts it', async () => {
    const { boots, ended, pool, run } = startPool()
    boots.pause()
    const job = run('Where')
    pool.abort(job, 'OBAN_CANCELLED')
    boots.start()

    expect((await ended(job)).outcome).toEqual(interrupted)
    expect((await ended(run('Where'))).outcome).toMatchObject({ kind: 'completed' })
  })
})

describe('stopping', () => {
  test('ends threads whatever they do, and gives their jobs back', async () => {
    const { begun, ended, run, stop, tenure } = startPool({ threads: 2 })
    const jobs = [run('Deaf'), run('Deaf'), run('Deaf')]
    await Promise.all(jobs.map(begun))
    await stop()

    for (const job of jobs) expect((await ended(job)).outcome).toEqual(interrupted)
    expect(tenure.threads).toBe(0)
  })

  test('starts no thread any more, neither for unsent jobs nor for waiting ones', async () => {
    const { boots, claim, ended, exits, post, stop, tenure } = startPool()
    boots.pause()
    const suspect = { meta: '{"suspect": true}' }
    const jobs = [claim('Where'), claim('Where', {}, suspect), claim('Where', {}, suspect)]
    post(...jobs)
    const stopped = stop()
    boots.start()
    await stopped
    await boots.onIdle()

    for (const job of jobs) expect((await ended(job)).outcome).toEqual(interrupted)
    expect(exits.items).toEqual([])
    expect(tenure.threads).toBe(0)
  })

  test('hands nothing that a dying thread gave back to that very thread', async () => {
    const { begun, claim, ended, post, run, stop, tenure } = startPool()
    const busy = run('Deaf')
    await begun(busy)
    const waiting = claim('Where', {}, { meta: '{"suspect": true}' })
    post(waiting)
    await stop()

    expect((await ended(waiting)).outcome).toEqual(interrupted)
    expect(tenure.threads).toBe(0)
  })

  test('leaves nothing behind', async () => {
    await startStopStress(async () => {
      const { pool, root, settled, tenure } = openPool({ threads: 2 })
      const runs = [1, 2].map((id) => tenure.claim(claimedRow({ id: `${id}`, worker: 'Where' })))
      pool.run(runs)
      await settled.until(({ run }) => run === runs[0])

      return () => stopPool(root)
    }, 5)
  })

  test('leaves nothing behind when no thread was ever needed', async () => {
    await startStopStress(() => {
      const { root } = openPool({ threads: 2 })

      return () => stopPool(root)
    })
  })
})

describe('a suspect', () => {
  const suspect = { meta: '{"suspect": true}' }

  test('runs alone', async () => {
    const { begun, claim, ended, post, say } = startPool()
    const alone = claim('Wait', { word: 'alone' }, suspect)
    const other = claim('Where')
    post(alone, other)
    await begun(alone)
    expect(other.phase).toBe('running')
    say('alone')

    expect((await ended(alone)).outcome).toMatchObject({ kind: 'completed' })
    expect((await ended(other)).outcome).toMatchObject({ kind: 'completed' })
  })

  test('waits for a thread to be empty, which takes no more until then', async () => {
    const { begun, ended, run, say, settled } = startPool()
    const busy = run('Wait', { word: 'busy' })
    await begun(busy)
    const alone = run('Where', {}, suspect)
    const later = run('Where')
    say('busy')
    await ended(later)

    expect(settled.items.map((item) => item.run)).toEqual([busy, alone, later])
  })

  test('leaves the other threads to the others', async () => {
    const { begun, ended, run, say } = startPool({ threads: 2 })
    const alone = run('Wait', { word: 'alone' }, suspect)
    await begun(alone)
    const other = await ended(run('Where'))
    say('alone')
    const last = await ended(alone)

    expect(other.outcome).not.toEqual(last.outcome)
  })

  test('that kills its thread again is the culprit', async () => {
    const { ended, run } = startPool()

    expect((await ended(run('Anonymous', {}, suspect))).outcome).toEqual(crashed('Error: whose?'))
  })
})
