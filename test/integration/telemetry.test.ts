/** What a node tells in the course of its life: which events, in which order, with which fields. */
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { ObanOptions } from '../../src/config/options.ts'
import { attach } from '../../src/telemetry/channels.ts'
import { EVENT_NAMES, type EventName, type TelemetryEvent } from '../../src/telemetry/events.ts'
import { cancel, snooze } from '../../src/worker/results.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { defineWorker } from '../../src/worker.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import type { Listener } from '../support/telemetry.ts'

const database = useDatabase()
beforeEach(() =>
  database.query(
    'TRUNCATE oban_jobs, oban_ts_producers, oban_ts_leaders, oban_ts_crons RESTART IDENTITY',
  ),
)

const secret = 'hunter2'
const durationMs: unknown = expect.any(Number)

/** Ends as its arguments say. */
const Kind = defineWorker({
  name: 'Kind',
  args: typed<{ end: 'cancel' | 'fail' | 'snooze' | 'succeed'; secret?: string }>(),
  tags: ['kinds'],
  process: ({ args: { end } }) => {
    if (end === 'fail') throw new Error('no luck')
    if (end === 'cancel') return cancel('not wanted')
    if (end === 'snooze') return snooze({ hours: 1 })

    return undefined
  },
})

const start = (options: ObanOptions = {}) =>
  startOban({
    database: database.url,
    workers: [Kind],
    queues: { default: { limit: 1, execution: 'inline' } },
    ...options,
  })

type Ended = TelemetryEvent<'job.exception' | 'job.start' | 'job.stop'>

/** What was told of a job, without who speaks. */
function eventsOf({ all }: Listener, id: number): Array<Omit<Ended, 'instance' | 'node'>> {
  const events = [...all('job.start'), ...all('job.stop'), ...all('job.exception')]

  return events
    .filter((event) => event.id === id)
    .map(({ instance, node, ...event }) => {
      expect([instance, node]).not.toContain('')

      return event
    })
}

async function ended(told: Listener, id: number) {
  await told.ended(id)

  return eventsOf(told, id)
}

function names({ all }: Listener): EventName[] {
  return EVENT_NAMES.filter((name) => all(name).length > 0)
}

describe('a job', () => {
  const fields = {
    worker: 'Kind',
    queue: 'default',
    attempt: 1,
    maxAttempts: 20,
    tags: ['kinds'],
  }
  const times = { durationMs, queueTimeMs: expect.any(Number) as unknown }

  test.each([
    ['succeed', 'job.stop', 'success'],
    ['cancel', 'job.stop', 'cancelled'],
    ['snooze', 'job.stop', 'snoozed'],
  ] as const)('that is to %s is told to start, and to stop as that', async (end, event, state) => {
    const { oban, told } = await start()
    const { id } = await Kind.enqueue({ end }, { oban })

    expect(await ended(told, id)).toEqual([
      { event: 'job.start', id, ...fields },
      { event, id, ...fields, ...times, state },
    ])
  })

  test.each([
    [3, 'failure'],
    [1, 'discard'],
  ] as const)('that fails with %i attempts is an exception: a %s', async (maxAttempts, state) => {
    const { oban, told } = await start()
    const { id } = await Kind.enqueue({ end: 'fail' }, { oban, maxAttempts })
    const failed = { event: 'job.exception', id, ...fields, maxAttempts, ...times, state }

    expect(await ended(told, id)).toEqual([
      { event: 'job.start', id, ...fields, maxAttempts },
      {
        ...failed,
        error: expect.objectContaining({ name: 'Error', message: 'no luck' }) as unknown,
      },
    ])
  })

  test('in a thread is told on the main thread', async () => {
    const { oban, told } = await start({ workers: [workerModule], queues: { default: 1 } })
    const { id } = await oban.enqueue('Echo', { secret })

    expect((await ended(told, id)).map(({ event }) => event)).toEqual(['job.start', 'job.stop'])
    expect(JSON.stringify(eventsOf(told, id))).not.toContain(secret)
  })
})

describe('a call', () => {
  test('that enqueues is told with the ids, and with no arguments', async () => {
    const { oban, told } = makeOban({ database: database.url, workers: [Kind] })
    const job = await Kind.enqueue({ end: 'succeed', secret }, { oban })
    await oban.enqueueMany([Kind.new({ end: 'fail' }), Kind.new({ end: 'fail', secret })])

    const requested = { worker: 'Kind', queue: 'default' }
    const stored = { ...requested, state: 'available', conflict: false }
    expect(told.all('jobs.enqueue.start').map(({ jobs }) => jobs)).toEqual([
      [requested],
      [requested, requested],
    ])
    expect(told.all('jobs.enqueue.stop')).toMatchObject([
      { jobs: [{ id: job.id, ...stored }], throughClient: false, durationMs },
      {
        jobs: [
          { id: job.id + 1, ...stored },
          { id: job.id + 2, ...stored },
        ],
      },
    ])
    expect(JSON.stringify(told.all('jobs.enqueue.stop'))).not.toContain(secret)
  })

  test('that cannot enqueue is told with what was thrown', async () => {
    const { oban, told } = makeOban({ database: database.url, prefix: 'nowhere' })
    await expect(Kind.enqueue({ end: 'fail' }, { oban })).rejects.toThrow('nowhere')

    const error = { code: 'OBAN_SCHEMA_MISSING' }
    expect(told.all('jobs.enqueue.exception')).toMatchObject([
      { jobs: [{ worker: 'Kind', queue: 'default' }], durationMs, error },
    ])
    expect(told.all('jobs.enqueue.stop')).toEqual([])
  })

  test('from a thread is told as well', async () => {
    const { oban, told } = await start({
      workers: [new URL('../fixtures/threads-enqueue.js', import.meta.url)],
      queues: { default: 1 },
    })
    const { id } = await oban.enqueue('Self', { left: 1 })
    const { jobs } = await told.until('jobs.enqueue.stop', ({ jobs: [job] }) => job?.id !== id)

    expect(jobs).toMatchObject([{ id: id + 1, worker: 'Self', state: 'available' }])
  })

  test('that changes jobs is told with their ids and how many there were', async () => {
    const { oban, told } = makeOban({ database: database.url, workers: [Kind] })
    const { id } = await Kind.enqueue({ end: 'fail' }, { oban })
    await oban.updateJob(id, { priority: 3, maxAttempts: 5 })
    await oban.cancelJob(id)
    await oban.retryJob(id)
    await oban.cancelManyJobs({ worker: 'Kind', args: { end: 'fail' } })
    await oban.deleteManyJobs([id, 99])

    const mine = { ids: [id], throughClient: false }
    expect(told.all('jobs.update.start')).toMatchObject([
      { id, fields: ['maxAttempts', 'priority'] },
    ])
    expect(told.all('jobs.update.stop')).toMatchObject([{ id, isChanged: true, durationMs }])
    expect(told.all('jobs.retry.stop')).toMatchObject([{ ...mine, count: 1, durationMs }])
    expect(told.all('jobs.cancel.stop')).toMatchObject([
      { ...mine, count: 1 },
      { ids: undefined, throughClient: false, count: 1 },
    ])
    expect(told.all('jobs.delete.stop')).toMatchObject([{ ids: [id, 99], count: 1 }])
    expect(JSON.stringify(told.all('jobs.cancel.stop'))).not.toContain('fail')
  })

  test('survives a handler that throws inside of a transaction, which then commits', async () => {
    const { oban, told } = makeOban({ database: database.url, workers: [Kind] })
    const error = new Error('boom')
    const events = ['jobs.enqueue.start', 'jobs.enqueue.stop'] as const
    for (const event of events) {
      attach([event], () => {
        throw error
      })
    }
    attach(['jobs.enqueue.stop'], () => Promise.reject(error))
    const client = await connectTo(database.url)
    await client.query('BEGIN')
    const { id } = await Kind.enqueue({ end: 'fail' }, { oban, client })
    await client.query('COMMIT')
    await told.count('telemetry.handler_failed', 3)

    expect(told.all('jobs.enqueue.stop')).toMatchObject([{ jobs: [{ id }], throughClient: true }])
    expect((await oban.getJob(id))?.state).toBe('available')
    const failures = told.all('telemetry.handler_failed')
    expect(failures.map(({ failedEvent }) => failedEvent).toSorted()).toEqual([
      'jobs.enqueue.start',
      'jobs.enqueue.stop',
      'jobs.enqueue.stop',
    ])
  })
})

describe('an instance', () => {
  test('tells its life from the start to the end', async () => {
    const { oban, told } = await start()
    await told.until('peer.election')
    const { id } = await Kind.enqueue({ end: 'snooze' }, { oban })
    await told.ended(id)
    await told.until('acker.flush.stop', ({ jobs }) => jobs.some((job) => job.id === id))
    await oban.pauseQueue('default')
    await oban.scaleQueue('default', { limit: 4 })
    await oban.resumeQueue('default')
    await oban.stop()

    expect(told.all('instance.start')).toMatchObject([
      { prefix: 'public', queues: [{ name: 'default', limit: 1 }] },
    ])
    expect(told.all('caretaker.start').map(({ caretaker }) => caretaker)).toEqual([
      'stager',
      'lifeline',
      'pruner',
      'vacuumer',
    ])
    expect(told.all('peer.election.stop')[0]).toMatchObject({
      wasLeader: false,
      leader: true,
      durationMs,
    })
    expect(told.all('producer.register.stop')).toMatchObject([{ queue: 'default', durationMs }])
    expect(told.all('producer.fetch.stop').flatMap(({ ids }) => ids)).toEqual([id])
    expect(told.all('acker.flush.stop').flatMap(({ jobs }) => jobs)).toEqual([
      { id, worker: 'Kind', queue: 'default', attempt: 1, state: 'scheduled' },
    ])
    expect(
      told.all('queue.change').map(({ queue, limit, paused }) => [queue, limit, paused]),
    ).toEqual([
      ['default', 1, true],
      ['default', 4, true],
      ['default', 4, false],
    ])
    expect(told.all('notifier.notify.stop').map(({ channel }) => channel)).toEqual(
      expect.arrayContaining(['insert', 'signal', 'sonar']),
    )
    expect(told.all('refresher.resign.stop')).toMatchObject([{ count: 1, durationMs }])
    expect(told.all('queue.shutdown')).toMatchObject([{ queue: 'default', orphaned: [] }])
    expect(told.all('instance.stop')).toMatchObject([{ undelivered: 0 }])
    // A look of a caretaker may be cut short by the stop.
    const wrong = /failed|lost|(?:acker|jobs|producer|refresher).*exception/
    expect(names(told).filter((name) => wrong.test(name))).toEqual([])
  })

  test('tells of each start one end', async () => {
    const { oban, told } = await start()
    const { id } = await Kind.enqueue({ end: 'succeed' }, { oban })
    await told.ended(id)
    await oban.stop()

    for (const name of ['producer.fetch', 'acker.flush', 'stager.stage', 'jobs.enqueue'] as const) {
      const starts = told.all(`${name}.start`).length
      expect(starts).toBeGreaterThan(0)
      const ends = told.all(`${name}.stop`).length + told.all(`${name}.exception`).length
      expect([name, ends]).toEqual([name, starts])
    }
  })

  test('tells of work that the database refuses', async () => {
    const { oban, told } = await start({ pruner: { interval: { milliseconds: 20 } } })
    await database.query('ALTER TABLE oban_jobs RENAME TO hidden')
    onTestFinished(async () => {
      await database.query('ALTER TABLE IF EXISTS hidden RENAME TO oban_jobs')
    })
    const { error } = await told.until('stager.stage.exception')
    await told.until('query.failed', ({ source }) => source === 'stager')
    await told.until('pruner.prune.exception')
    await database.query('ALTER TABLE hidden RENAME TO oban_jobs')
    await told.until('stager.stage.stop')
    await oban.stop()

    expect(error).toMatchObject({ code: '42P01' })
  })
})

describe('the caretakers', () => {
  test('tell what they stage, insert, prune, rescue and vacuum', async () => {
    const uuid = randomUUID()
    await database.query(
      `INSERT INTO oban_ts_producers (uuid, name, node, queue, dead_at)
       VALUES ($1, 'Oban', 'gone', 'elsewhere', now() - interval '1 hour')`,
      [uuid],
    )
    await database.query(
      `INSERT INTO oban_jobs (worker, queue, state, attempt, attempted_by, scheduled_at, completed_at)
       VALUES ('Kind', 'elsewhere', 'executing', 1, ARRAY['gone', $1], now(), NULL),
              ('Kind', 'elsewhere', 'completed', 1, '{}', $2, $2)`,
      [uuid, '2020-01-01'],
    )
    await database.query(
      `INSERT INTO oban_jobs (worker, args, state, scheduled_at)
       VALUES ('Kind', '{"end":"succeed"}', 'scheduled', now() - interval '1 minute')`,
    )
    const crontab = [{ expression: '@reboot', worker: Kind, args: { end: 'succeed' } }]
    const { told } = await start({
      cron: { crontab },
      pruner: { interval: { milliseconds: 20 } },
    })
    const staged = await told.until('stager.stage.stop', ({ stagedCount }) => stagedCount > 0)
    const inserted = await told.until('cron.insert.stop')
    const pruned = await told.until('pruner.prune.stop', ({ completed }) => completed > 0)
    const rescued = await told.until('lifeline.rescue.stop')
    const looked = await told.until('lifeline.look.stop', ({ removedCount }) => removedCount > 0)

    expect(staged).toMatchObject({ stagedCount: 1, queues: ['default'], durationMs })
    expect(inserted).toMatchObject({ runCount: 1, ids: [4], durationMs })
    expect(pruned).toMatchObject({ completed: 1, cancelled: 0, discarded: 0, isFull: false })
    expect(rescued).toMatchObject({
      producer: uuid,
      rescued: [{ id: 1, queue: 'elsewhere', state: 'available' }],
      durationMs,
    })
    expect(looked).toMatchObject({ durationMs })
  })
})

describe('a handler', () => {
  test('of every event that throws harms no job, and is detached by itself', async () => {
    const failing = new Set<EventName>()
    const detachers = EVENT_NAMES.filter((name) => name !== 'telemetry.handler_failed').map(
      (name) =>
        attach([name], ({ event }) => {
          failing.add(event)
          throw new Error('boom')
        }),
    )
    onTestFinished(() => {
      for (const detach of detachers) detach()
    })
    const { oban, told } = await start({ pruner: { interval: { milliseconds: 20 } } })
    const ends = ['succeed', 'cancel', 'snooze', 'fail'] as const
    const jobs = await oban.enqueueMany(ends.map((end) => Kind.new({ end })))
    await Promise.all(jobs.map(({ id }) => told.ended(id)))
    const states = await Promise.all(jobs.map(async ({ id }) => (await oban.getJob(id))?.state))
    await oban.stop()

    expect(states).toEqual(['completed', 'cancelled', 'scheduled', 'retryable'])
    const reported = told.all('telemetry.handler_failed').map(({ failedEvent }) => failedEvent)
    expect(reported.toSorted()).toEqual([...failing].toSorted())
    expect(reported.length).toBeGreaterThan(15)
    expect(names(told).filter((name) => /supervisor|query/.test(name))).toEqual([])
  })

  test('hears of the instances that it asks for', async () => {
    const { oban, told } = await start()
    const seen: string[] = []
    const options = { instances: [oban.name] }
    onTestFinished(attach(['jobs.enqueue.stop'], ({ instance }) => seen.push(instance), options))
    const other = await start()
    await Kind.enqueue({ end: 'succeed' }, { oban: other.oban })
    await Kind.enqueue({ end: 'succeed' }, { oban })
    await told.until('jobs.enqueue.stop')

    expect(seen).toEqual([oban.name])
  })

  test('hears nothing once its signal has aborted', async () => {
    const { oban } = makeOban({ database: database.url })
    const end = new AbortController()
    const seen: string[] = []
    attach('all', ({ event }) => seen.push(event), {
      instances: [oban.name],
      signal: end.signal,
    })
    await Kind.enqueue({ end: 'succeed' }, { oban })
    const heard = seen.length
    end.abort()
    await Kind.enqueue({ end: 'succeed' }, { oban })
    attach('all', ({ event }) => seen.push(event), { signal: end.signal })
    await Kind.enqueue({ end: 'succeed' }, { oban })

    expect(heard).toBeGreaterThanOrEqual(2)
    expect(seen).toHaveLength(heard)
  })
})
