import { beforeEach, describe, expect, test } from 'vitest'
import {
  cancel,
  defineWorker,
  type JobState,
  type ObanOptions,
  snooze,
  typed,
} from '../../src/index.ts'
import { emit } from '../../src/telemetry/channels.ts'
import { reset, watchJobs, withTestingMode } from '../../src/testing/index.ts'
import { useDatabase } from '../support/database.ts'
import { type Gate, gate } from '../support/gate.ts'
import { blocksOf } from '../support/documents.ts'
import { makeOban, startOban } from '../support/oban.ts'
import { samples } from '../support/telemetry-events.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs RESTART IDENTITY'))

/** A queue in this process whose worker does what its arguments say. */
async function running(options: ObanOptions = {}) {
  const door: Gate = gate()
  const Act = defineWorker({
    name: 'Spied.Act',
    queue: 'spied',
    args: typed<{ act?: 'cancel' | 'fail' | 'snooze' | 'wait'; n?: number }>(),
    maxAttempts: 2,
    backoff: () => 0,
    async process({ args }, { signal }) {
      if (args.act === 'cancel') return cancel('enough')
      if (args.act === 'snooze') return snooze({ hours: 1 })
      if (args.act === 'fail') throw new Error(`number ${args.n ?? 0} is out of range`)
      if (args.act === 'wait') await door.pass(signal)

      return undefined
    },
  })
  const { oban } = await startOban({
    database: database.url,
    workers: [Act],
    queues: { spied: { limit: 5, execution: 'inline' } },
    stager: { interval: { milliseconds: 50 } },
    ...options,
  })

  return { oban, Act, door, spy: await watchJobs(oban) }
}

/** On a machine that does much else; the usual four seconds are those of an idle one. */
const patient = { timeout: { seconds: 30 } }

/** An instance that nobody starts. */
async function idle() {
  const { oban } = makeOban({ database: database.url })
  const Act = defineWorker({
    name: 'Spied.Idle',
    queue: 'spied',
    args: typed<{ n?: number }>(),
    process() {},
  })

  return { oban, Act, spy: await watchJobs(oban) }
}

function change(state: JobState, id: number) {
  return database.query('UPDATE oban_jobs SET state = $1::oban_job_state WHERE id = $2', [
    state,
    id,
  ])
}

describe('a spy', () => {
  test('waits for a job of a worker', async () => {
    const { oban, Act, spy } = await running()
    const waited = spy.waitFor(Act, 'completed', patient)
    const { id } = await Act.enqueue({ n: 1 }, { oban })

    expect(await waited).toMatchObject({ id, state: 'completed', args: { n: 1 } })
  })

  test('finds a state that a job has reached before, and has left', async () => {
    const { oban, Act, spy } = await running()
    const job = await Act.enqueue({ act: 'fail', n: 7 }, { oban })
    await spy.waitFor(job, 'discarded', patient)

    for (const state of ['executing', 'retryable', 'discarded'] as const) {
      expect((await spy.waitFor(Act, state, patient)).state).toBe('discarded')
    }
  })

  test('waits while a job executes', async () => {
    const { oban, Act, door, spy } = await running()
    const job = await Act.enqueue({ act: 'wait' }, { oban })
    expect((await spy.waitFor(job, 'executing', patient)).state).toBe('executing')
    door.open()

    expect((await spy.waitFor(job.id, 'completed', patient)).completedAt).toBeInstanceOf(Date)
  })

  test('takes an expectation, a function, and several states', async () => {
    const { oban, Act, spy } = await running()
    const [first, second, third] = await oban.enqueueMany([
      Act.new({ act: 'snooze' }),
      Act.new({ act: 'cancel', n: 2 }, { tags: ['b'] }),
      Act.new({ n: 3 }),
    ])
    const ids = await Promise.all([
      spy.waitFor({ worker: Act, args: { act: 'snooze' } }, 'scheduled', patient),
      spy.waitFor(({ tags }) => tags.includes('b'), ['discarded', 'cancelled'], patient),
      spy.waitFor({ args: { n: 3 } }, 'completed', patient),
    ])

    expect(ids.map(({ id }) => id)).toEqual([first?.id, second?.id, third?.id])
  })

  test('sees what other processes do', async () => {
    const { oban, Act, spy } = await idle()
    const { id } = await Act.enqueue({}, { oban })
    const waited = spy.waitFor(Act, 'cancelled', patient)
    await change('cancelled', id)

    expect((await waited).id).toBe(id)
  })

  test('returns the oldest of several', async () => {
    const { oban, Act, spy } = await idle()
    const [first] = await oban.enqueueMany([Act.new(), Act.new()])

    expect((await spy.waitFor(Act, 'available', patient)).id).toBe(first?.id)
  })

  test('passes over what was stored before, unless it is asked for by id or does something', async () => {
    const { oban, Act, door, spy } = await running()
    const before = await Act.enqueue({ act: 'wait' }, { oban })
    const other = await Act.enqueue({ n: 1 }, { oban })
    await spy.waitFor(before, 'executing', patient)
    await spy.waitFor(other, 'completed', patient)
    await spy.reset()
    expect(spy.failures()).toEqual([])

    expect((await spy.waitFor(other, 'completed', patient)).id).toBe(other.id)
    const waited = spy.waitFor(Act, 'completed', patient)
    door.open()
    expect((await waited).id).toBe(before.id)
  })

  test('notices that the table was emptied after the watch began', async () => {
    const { oban, Act, spy } = await idle()
    await oban.enqueueMany([Act.new(), Act.new()])
    await spy.reset()
    await database.query('TRUNCATE oban_jobs RESTART IDENTITY')
    const { id } = await Act.enqueue({}, { oban })

    expect((await spy.waitFor(Act, 'available', patient)).id).toBe(id)
  })

  test('begins anew when the tables are reset', async () => {
    const { oban, Act, spy } = await idle()
    await oban.enqueueMany([Act.new(), Act.new()])
    await spy.reset()
    await reset(oban)
    await oban.enqueueMany([Act.new(), Act.new(), Act.new()])

    expect((await spy.waitFor(Act, 'available', patient)).id).toBe(1)
  })

  test('keeps what failed attempts threw', async () => {
    const { oban, Act, spy } = await running()
    const job = await Act.enqueue({ act: 'fail', n: 7 }, { oban })
    await spy.waitFor(job, 'discarded', patient)
    // Of another instance in this process.
    emit('job.exception', samples['job.exception'])

    expect(spy.failures()).toMatchObject([
      { id: job.id, worker: 'Spied.Act', queue: 'spied', attempt: 1 },
      {
        id: job.id,
        attempt: 2,
        error: expect.stringMatching(/^Error: number 7 is out of range\n +at /),
      },
    ])
  })

  test('stops, and with its block', async () => {
    const { oban, Act, spy } = await running()
    spy.stop()
    spy.stop()
    const disposed = await watchJobs(oban.name)
    disposed[Symbol.dispose]()
    const job = await Act.enqueue({ act: 'fail' }, { oban })

    // Rows are still looked at.
    await spy.waitFor(job, 'discarded', patient)
    expect([spy.failures(), disposed.failures()]).toEqual([[], []])
  })

  test('gives up when its signal aborts', async () => {
    const { Act, spy } = await idle()
    const controller = new AbortController()
    const waited = spy.waitFor(Act, 'completed', { signal: controller.signal })
    controller.abort(new Error('enough'))

    await expect(waited).rejects.toThrow('enough')
    const { signal } = controller
    await expect(spy.waitFor(Act, 'completed', { signal })).rejects.toThrow('enough')
  })

  test.each([
    ['completed', { timeout: 5 }, 'timeout: must name its unit'],
    ['completed', { wait: true }, 'wait: is not an option'],
    ['complete', {}, `got 'complete' (did you mean "completed"?)`],
    [[], {}, 'state: must be a state'],
    [undefined, {}, 'state: must be a state'],
  ])('refuses the state %o with %o', async (state, given, message) => {
    const { spy } = await idle()
    const options: object = given

    await expect(spy.waitFor(1, state as JobState, options)).rejects.toThrow(message)
  })

  test.each([
    [0, 'the id of a job is a whole number from 1'],
    [{ id: 'a' }, 'the id of a job is a whole number from 1'],
    [null, 'target: must be an id, a job, a worker, an expectation or a function, got null'],
    [{ state: 'completed' }, 'state: is the second argument'],
    [{ wroker: 'A' }, 'wroker: is not an option (did you mean "worker"?)'],
  ])('refuses the target %o', async (target, message) => {
    const { spy } = await idle()

    await expect(spy.waitFor(target as object, 'completed', patient)).rejects.toThrow(message)
  })

  test('is refused where nothing is stored, and where there is no instance', async () => {
    const { oban } = await idle()

    await expect(withTestingMode('inline', () => watchJobs(oban))).rejects.toMatchObject({
      code: 'OBAN_TESTING',
    })
    await expect(watchJobs('nobody')).rejects.toMatchObject({ code: 'OBAN_NOT_FOUND' })
  })
})

const soon = { timeout: { milliseconds: 40 } }

/** Without what is chance: whether a look came before the run, when it is due, where it was thrown. */
const bare = (what: string) =>
  what.replaceAll(/available, |within \S+ \w+|due at \S+Z|at \S+ \(.*\)/g, '').trim()

const named = (job: { readonly id: number }) => job.id < 0

/** What a wait says that is in vain. */
async function said(wait: Promise<unknown>): Promise<string> {
  const error: unknown = await wait.catch((thrown: unknown) => thrown)

  return error instanceof Error ? error.message : `resolved with ${String(error)}`
}

describe('a spy in vain', () => {
  test('tells that there was no such job, and which others', async () => {
    const { oban, Act, spy } = await idle()
    expect(await said(spy.waitFor(Act, 'completed', soon))).toBe(
      [
        'expected a job of Spied.Idle to become completed within 40 ms',
        '',
        'No such job was inserted since the watch began, and none of before did anything here.',
        'Nor was there any other.',
      ].join('\n'),
    )
    await Act.enqueue({ n: 1 }, { oban })

    const fits = { worker: Act, args: { n: 2 } }
    expect(await said(spy.waitFor(fits, ['completed', 'discarded'], soon))).toBe(
      [
        'expected a job of Spied.Idle to become completed or discarded within 40 ms, with',
        '',
        "  worker  'Spied.Idle'",
        '  args    { n: 2 }',
        '',
        'No such job was inserted since the watch began, and none of before did anything here.',
        'There was another:',
        '',
        '  job 1 of Spied.Idle is available, in queue "spied"',
      ].join('\n'),
    )
    expect(await said(spy.waitFor(named, 'completed', soon))).toMatch(
      /^expected a job for which `named` is true to become completed within 40 ms\n/,
    )
    expect(await said(spy.waitFor(4711, 'completed', soon))).toBe(
      [
        'expected job 4711 to become completed within 40 ms',
        '',
        'There is no job 4711: it was deleted, or its transaction has not committed.',
      ].join('\n'),
    )
  })

  test('tells what became of a job, and why its attempts have failed', async () => {
    const { oban, Act, spy } = await running({ stager: { interval: { minutes: 1 } } })
    const job = await Act.enqueue({ act: 'fail', n: 7 }, { oban })
    await spy.waitFor(job, 'retryable', patient)
    const text = await said(spy.waitFor(Act, 'completed', soon))

    // Whether a look found it before it ran is chance.
    expect(
      text.replaceAll(/available, |due at \S+Z|at .*process.*/g, (part) =>
        part === 'available, ' ? '' : '…',
      ),
    ).toBe(
      [
        'expected a job of Spied.Act to become completed within 40 ms',
        '',
        'Found instead:',
        '',
        '  job 1 of Spied.Act is retryable after attempt 1 of 2, …, in queue "spied"',
        '    seen executing, retryable',
        '    attempt 1: Error: number 7 is out of range',
        '      …',
      ].join('\n'),
    )
  })

  test('says what the documentation shows', async () => {
    const Welcome = defineWorker({
      name: 'Welcome',
      queue: 'mail',
      process() {
        throw new Error('no such user')
      },
    })
    const { oban } = await startOban({
      database: database.url,
      workers: [Welcome],
      queues: { mail: { limit: 1, execution: 'inline' } },
    })
    const spy = await watchJobs(oban)
    await Welcome.enqueue({}, { oban })
    await spy.waitFor(Welcome, 'retryable', patient)
    const text = await said(spy.waitFor(Welcome, 'completed', soon))
    const shown = blocksOf('docs/testing.md').filter(({ language }) => language === 'text')

    expect(bare(text)).toBe(bare(shown[1]?.code ?? ''))
  })

  test('does not wait for a job that has ended otherwise', async () => {
    const { oban, Act, spy } = await running()
    const job = await Act.enqueue({ act: 'cancel' }, { oban })

    const error: unknown = await spy
      .waitFor(job, ['completed', 'discarded'], { timeout: { hours: 1 } })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      name: 'JobAssertionError',
      code: 'OBAN_ASSERTION',
      expected: 'completed or discarded',
      actual: 'cancelled',
      message: [
        'expected job 1 of Spied.Act to become completed or discarded, but it has ended: it is ' +
          'cancelled after attempt 1 of 2, in queue "spied"',
        '  attempt 1: job cancelled itself: enough',
      ].join('\n'),
      stack: expect.stringMatching(/enough\n +at .*spy\.test\.ts/),
    })
  })

  test('tells what stands in the way of a job', async () => {
    const { oban, spy } = await running({ stager: { interval: { minutes: 1 } } })
    const lastLine = async (queue: string, watcher = spy) => {
      const job = await oban.enqueue('Spied.Unknown', {}, { queue })
      if (queue === 'spied') await spy.waitFor(job, 'scheduled', patient)

      return (await said(watcher.waitFor(job, 'completed', soon))).split('\n').at(-1)?.trim()
    }
    expect(await lastLine('nowhere')).toBe(
      'queue "nowhere" does not run on this node: is it in `queues`?',
    )
    expect(await lastLine('spied')).toBe(
      'no module of this node defines the worker "Spied.Unknown": list it in `workers`',
    )
    await oban.startQueue('paused', { limit: 1, execution: 'inline', paused: true })
    expect(await lastLine('paused')).toBe('queue "paused" is paused on this node')
    const idler = makeOban({ database: database.url }).oban
    expect(await lastLine('nowhere', await watchJobs(idler))).toBe(
      `the instance "${idler.name}" is not started; only other nodes run its jobs`,
    )
    const manual = makeOban({ database: database.url, testing: 'manual' }).oban
    expect(await lastLine('nowhere', await watchJobs(manual))).toBe(
      `testing mode "manual" runs nothing by itself: await oban.drainQueue('nowhere')`,
    )
  })
})
