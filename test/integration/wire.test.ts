/** Golden messages: what nodes of other languages hear from us, and what we hear from them. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { QueueOptions } from '../../src/config/options.ts'
import type { Oban } from '../../src/oban.ts'
import type { QueueState } from '../../src/queue-state.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { readPayload } from '../support/oban-web.ts'
import { untilRows } from '../support/until-rows.ts'
import { encodings, tapWire, type WireChannel } from '../support/wire.ts'

const database = useDatabase()
// A job that a test leaves behind would take the place of the next one's.
beforeEach(() => database.query('TRUNCATE oban_jobs'))

/** A node that finds nothing by polling while a test runs: what happens is the doing of messages. */
async function start(queues: readonly string[] = ['media'], options: QueueOptions = { limit: 2 }) {
  const wire = await tapWire(database.url)
  const { oban, told } = await startOban({
    database: database.url,
    node: 'web.1',
    workers: [workerModule],
    queues: Object.fromEntries(queues.map((queue) => [queue, options])),
    stager: { interval: { hours: 1 } },
  })
  await told.hears()

  return { oban, told, wire }
}

/** A job that a node of another language executes. */
async function insertExecuting(): Promise<number> {
  const [row] = await database.query<{ id: string }>(
    `INSERT INTO oban_jobs (worker, queue, state, attempt, attempted_at, attempted_by)
     VALUES ('MyApp.Worker', 'ex', 'executing', 1, now(), '{ex@host,0}') RETURNING id`,
  )

  return Number(row?.id)
}

/** What an operator asks of queues is said as Oban for Elixir says it, to the key. */
function signal(
  when: string,
  act: (oban: Oban) => Promise<unknown>,
  payload: (name: string) => string,
): Sent {
  return {
    when,
    channel: 'signal',
    act: async (oban) => {
      await act(oban)

      return [payload(oban.name)]
    },
  }
}

interface Sent {
  readonly when: string
  readonly channel: WireChannel
  /** Resolves to what is expected. */
  readonly act: (oban: Oban) => Promise<readonly string[]>
}

const sent: readonly Sent[] = [
  {
    when: 'a job is enqueued',
    channel: 'insert',
    act: async (oban) => {
      await oban.enqueue('Echo', {}, { queue: 'ex' })

      return ['{"queue":"ex"}']
    },
  },
  {
    when: 'a job is enqueued in a transaction',
    channel: 'insert',
    act: async (oban) => {
      const client = await database.pool.connect()
      await oban.enqueue('Echo', {}, { queue: 'py', client })
      client.release()

      return ['{"queue" : "py"}']
    },
  },
  {
    when: 'a job that others execute is cancelled',
    channel: 'signal',
    act: async (oban) => {
      const id = await insertExecuting()
      await oban.cancelJob(id)

      return [`{"action" : "pkill", "job_id" : ${id}}`]
    },
  },
  {
    when: 'a node comes up',
    channel: 'sonar',
    act: () => Promise.resolve(['{"node":"web.1","ping":true}']),
  },
  signal(
    'a queue is paused everywhere',
    (oban) => oban.pauseQueue('ex'),
    () => '{"action":"pause","queue":"ex","ident":"any"}',
  ),
  signal(
    'a queue is paused on one node',
    (oban) => oban.pauseQueue('ex', { node: 'ex@host' }),
    (name) => `{"action":"pause","queue":"ex","ident":"${name}.ex@host"}`,
  ),
  signal(
    'a queue is resumed',
    (oban) => oban.resumeQueue('ex'),
    () => '{"action":"resume","queue":"ex","ident":"any"}',
  ),
  signal(
    'all queues are paused',
    (oban) => oban.pauseAllQueues(),
    () => '{"action":"pause","queue":"*","ident":"any"}',
  ),
  signal(
    'all queues are resumed',
    (oban) => oban.resumeAllQueues(),
    () => '{"action":"resume","queue":"*","ident":"any"}',
  ),
  signal(
    'a queue is scaled, and its threads, which only we have, are not for others',
    (oban) => oban.scaleQueue('media', { limit: 5, threads: 2 }),
    () => '{"action":"scale","queue":"media","limit":5,"ident":"any"}',
  ),
  signal(
    'a queue is stopped',
    (oban) => oban.stopQueue('ex'),
    () => '{"action":"stop","queue":"ex","ident":"any"}',
  ),
]

describe('what others hear', () => {
  test.each(sent)('when $when', async ({ channel, act }) => {
    const { oban, wire } = await start()
    const expected = await act(oban)
    await wire.count(channel, expected.length)

    // A ping comes again by itself.
    expect([...new Set(wire.of(channel))]).toEqual(expected)
  })

  test('is readable for oban-py, and names nobody whom it must not name', async () => {
    const { oban, told, wire } = await start(['media', 'mail'])
    const shown = makeOban({
      name: oban.name,
      node: 'web.2',
      database: database.url,
      metrics: true,
    })
    await shown.oban.start()
    const { id } = await oban.enqueue('Wait', {}, { queue: 'media' })
    await told.until('job.log')
    await oban.cancelJob(id)
    await oban.enqueue('Echo', {}, { queue: 'mail' })
    await wire.count('signal', 1)
    await wire.count('insert', 2)
    await oban.stop()
    await shown.oban.stop()

    expect(wire.heard.filter(({ payload }) => payload.startsWith('Z:'))).toEqual([])
    expect(wire.heard.map(({ payload }) => typeof readPayload(payload))).toEqual(
      wire.heard.map(() => 'object'),
    )
    const keys = wire.of('signal').flatMap((payload) => Object.keys(Object(readPayload(payload))))
    expect(new Set(keys)).toEqual(new Set(['action', 'job_id']))
    // Theirs, or for those only who ask: a leader of ours is none of Elixir's, nor of oban-py's.
    for (const channel of ['leader', 'handoff', 'diagnostics', 'diagnostics_reply'] as const) {
      expect(wire.of(channel)).toEqual([])
    }
  })
})

describe.each(encodings)('what we hear $who', ({ encode }) => {
  test('wakes a queue', async () => {
    const { told, wire } = await start()
    await wire.query(`INSERT INTO oban_jobs (worker, queue) VALUES ('Echo', 'media')`)
    await wire.send('insert', encode({ queue: 'media' }))
    const { queue } = await told.until('job.stop')

    expect(queue).toBe('media')
  })

  test('ends a job', async () => {
    const { oban, told, wire } = await start()
    const { id } = await oban.enqueue('Wait', {}, { queue: 'media' })
    await told.until('job.log')
    await wire.query(`UPDATE oban_jobs SET state = 'cancelled' WHERE id = $1`, [id])
    await wire.send('signal', encode({ action: 'pkill', job_id: id }))
    await told.until('job.log', ({ message }) => message === 'aborted')

    expect(told.all('supervisor.report')).toEqual([])
  })

  test('cancels a job whose row is left as it is, as oban-py does', async () => {
    const { oban, told, wire } = await start()
    const { id } = await oban.enqueue('Wait', {}, { queue: 'media' })
    await told.until('job.log')
    await wire.query(
      `UPDATE oban_jobs SET meta = meta || '{"cancel_attempted_at": "2030-01-31T09:00:00.5"}' WHERE id = $1`,
      [id],
    )
    await wire.send('signal', encode({ action: 'pkill', job_id: id }))
    const { state } = await told.until('job.stop')

    expect(state).toBe('cancelled')
    expect(await oban.getJob(id)).toMatchObject({
      state: 'cancelled',
      attempt: 1,
      cancelledAt: expect.any(Date),
      errors: [{ attempt: 1, error: expect.stringMatching(/^JobAbortedError: job was cancelled/) }],
    })
    expect(told.all('job.exception')).toEqual([])
  })

  test('cancels a job that is claimed and waits for room', async () => {
    const { oban, told, wire } = await start(['media'], { limit: 1, prefetch: 5 })
    await oban.enqueue('Wait', {}, { queue: 'media' })
    await told.until('job.log')
    const { id } = await oban.enqueue('Echo', {}, { queue: 'media' })
    await untilRows<{ state: string }>(
      database,
      `SELECT state FROM oban_jobs WHERE id = ${id}`,
      (rows) => rows[0]?.state === 'executing',
    )
    await wire.send('signal', encode({ action: 'pkill', job_id: id }))
    const { state } = await told.until('job.stop')

    expect(state).toBe('cancelled')
    expect(await oban.getJob(id)).toMatchObject({ state: 'cancelled', attempt: 1 })
  })
})

interface Received {
  readonly what: string
  readonly message: object
  readonly has: Partial<QueueState>
}

/** As Elixir, oban-py and Oban Web send them; the queue is paused, with a limit of 2, before. */
const received: readonly Received[] = [
  {
    what: 'resume, of one queue',
    message: { action: 'resume', queue: 'media', ident: 'any' },
    has: { paused: false },
  },
  {
    what: 'resume, of all',
    message: { action: 'resume', queue: '*', ident: 'any' },
    has: { paused: false },
  },
  {
    what: 'resume, for nobody in particular',
    message: { action: 'resume', queue: 'media' },
    has: { paused: false },
  },
  {
    what: 'nothing, for a node of another name',
    message: { action: 'resume', queue: 'media', ident: 'Oban.ex@host' },
    has: { paused: true, limit: 2 },
  },
  {
    what: 'scale, with what Elixir leaves in',
    message: {
      action: 'scale',
      queue: 'media',
      limit: 5,
      ident: 'any',
      node: null,
      local_only: false,
      global_limit: { allowed: 9, burst: false },
      rate_limit: null,
    },
    has: { limit: 5 },
  },
]

describe.each(encodings)('what an operator elsewhere asks $who', ({ encode }) => {
  test.each(received)('is done here: $what', async ({ message, has }) => {
    const { oban, told, wire } = await start(['media', 'other'])
    await oban.pauseQueue('media', { localOnly: true })
    await wire.send('signal', encode(message))
    // What is sent later arrives later.
    await wire.query(`INSERT INTO oban_jobs (worker, queue) VALUES ('Echo', 'other')`)
    await wire.send('insert', '{"queue":"other"}')
    await told.until('job.stop')

    expect(oban.checkQueue('media')).toMatchObject(has)
  })
})

/** What other languages say to each other, or to nobody. */
const foreign: readonly [channel: WireChannel | 'ts', message: object | string][] = [
  ['leader', { down: 'Oban' }],
  ['leader', { lock: 'ex@host' }],
  ['leader', { action: 'resign', node: 'py.1', name: 'Oban' }],
  ['sonar', { node: 'ex@host', ping: true }],
  ['handoff', { syn: true, module: 'Oban.Met.Recorder', name: 'Oban', node: 'ex@host' }],
  ['diagnostics', { job_id: 1 }],
  ['diagnostics_reply', { job_id: 1, info: { status: 'waiting', memory: 9 } }],
  ['gossip', { checks: [{ node: 'ex@host', name: 'Oban', queue: 'ex', limit: 10 }] }],
  ['metrics', { metrics: [], name: 'Oban', node: 'ex@host', time: 1_900_000_000 }],
  ['cronitor', { crontab: [['@daily', 'MyApp.Cron', {}]], name: 'Oban', node: 'ex@host' }],
  ['insert', { queue: 'ex', state: 'available' }],
  ['insert', { queue: 7 }],
  ['signal', { action: 'upgrade', queue: 'media' }],
  ['signal', { action: 'pkill', job_id: '1' }],
  ['signal', { action: 'pkill', job_id: 2 ** 60 }],
  ['signal', 'Z:not base64 of anything'],
  ['signal', 'H4sIAAAAAAAAA6tWKkktLlGyUlAqSy0qzszPU9JRUMpLzE1VslJQSk3OyFeqBQDz0nMEIQAAAA=='],
  ['insert', ''],
  ['insert', '[]'],
  ['ts', { action: 'resign', name: 7 }],
]

describe('what is not for us', () => {
  test('changes nothing, whoever says it', async () => {
    const { oban, told, wire } = await start()
    const before = oban.checkAllQueues()
    for (const [channel, message] of foreign) {
      if (typeof message === 'string') await wire.send(channel, message)
      else for (const { encode } of encodings) await wire.send(channel, encode(message))
    }
    // What was sent last has arrived last.
    await wire.query(`INSERT INTO oban_jobs (worker, queue) VALUES ('Echo', 'media')`)
    await wire.send('insert', '{"queue":"media"}')
    await told.until('job.stop')

    expect(oban.checkAllQueues()).toMatchObject(
      before.map(({ queue, uuid, limit, paused }) => ({ queue, uuid, limit, paused })),
    )
    expect([told.all('supervisor.report'), told.all('query.failed')]).toEqual([[], []])
  })
})
