import { beforeEach, describe, expect, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { defineWorker } from '../../src/worker.ts'
import { snooze } from '../../src/worker/results.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { useDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const inline = (limit: number) => ({ default: { limit, execution: 'inline' as const } })

const installIn = async (prefix: string) => {
  const client = await database.pool.connect()
  try {
    await install(client, { prefix })
  } finally {
    client.release()
  }
}

describe('nodes', () => {
  test('run each of 1,000 jobs exactly once between them', async () => {
    const options = {
      database: database.url,
      workers: [workerModule],
      queues: { default: { limit: 20, threads: 1 } },
    }
    const [a, b] = await Promise.all([startOban(options), startOban(options)])
    const { oban: client } = makeOban({ database: database.url })
    const requests = Array.from({ length: 500 }, (_, n) => ({
      worker: 'Echo',
      args: { n },
      options: {},
    }))
    await Promise.all([client.enqueueMany(requests), client.enqueueMany(requests)])
    const all = () => [...a.told.all('job.stop'), ...b.told.all('job.stop')].map(({ id }) => id)
    for (let total = 0; total < 1_000; total = all().length) {
      await Promise.race([
        a.told.count('job.stop', a.told.all('job.stop').length + 1),
        b.told.count('job.stop', b.told.all('job.stop').length + 1),
      ])
    }

    expect(new Set(all()).size).toBe(1_000)
    expect(all()).toHaveLength(1_000)
    expect(
      await database.query(
        `SELECT state, attempt, count(*)::int, count(DISTINCT attempted_by[1])::int AS nodes
           FROM oban_jobs GROUP BY 1, 2`,
      ),
    ).toEqual([{ state: 'completed', attempt: 1, count: 1_000, nodes: 2 }])
    expect([...a.told.all('ack.lost'), ...b.told.all('ack.lost')]).toEqual([])
  })

  test('put a job off as often as it says, and complete none that was put off', async () => {
    const bodies: string[] = []
    const lastTime = gate()
    const PutOff = defineWorker({
      name: 'PutOff',
      process: async (job) => {
        const times = Number(job.meta['snoozed'] ?? 0)
        bodies.push(`${job.id} ${times}`)
        if (times < 3) return snooze(0)
        await lastTime.pass()

        return undefined
      },
    })
    const options = {
      database: database.url,
      workers: [PutOff],
      queues: inline(5),
      stager: { interval: { milliseconds: 50 } },
    }
    const { oban, told } = await startOban(options)
    await startOban({ ...options, name: oban.name })
    const jobs = await oban.enqueueMany(Array.from({ length: 40 }, () => PutOff.new()))
    // More than one of them has room for.
    await lastTime.reached(6)
    lastTime.open()
    await told.count('job.stop', 4 * jobs.length)

    const expected = jobs.flatMap(({ id }) => [0, 1, 2, 3].map((times) => `${id} ${times}`))
    expect(bodies.toSorted()).toEqual(expected.toSorted())
    const rows = await database.query(
      `SELECT state, attempt, meta, cardinality(attempted_by) AS by, count(*)::int,
              count(DISTINCT attempted_by[1])::int AS nodes
         FROM oban_jobs GROUP BY 1, 2, 3, 4`,
    )
    expect(rows).toEqual([
      { state: 'completed', attempt: 1, meta: { snoozed: 3 }, by: 2, count: 40, nodes: 2 },
    ])
  })

  test('hear of a job that another process enqueued well before they would poll', async () => {
    const { told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { default: 1 },
      stager: { interval: { minutes: 10 } },
    })
    await told.hears()
    const { oban: client } = makeOban({ database: database.url })
    const { id } = await client.enqueue('Echo', {})
    await told.ended(id)

    expect(await client.getJob(id)).toMatchObject({ state: 'completed' })
  })

  test('look for what was announced while they did not listen', async () => {
    const { oban, told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { default: 1 },
      stager: { interval: { minutes: 10 } },
    })
    await told.hears()
    await told.ended((await oban.enqueue('Echo', {})).id)
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'oban-ts:notifier'`,
    )
    await told.until('notifier.switch', ({ status }) => status === 'isolated')
    const [row] = await database.query<{ id: string }>(
      `INSERT INTO oban_jobs (worker) VALUES ('Echo') RETURNING id`,
    )
    await told.ended(Number(row?.id))

    expect(told.all('notifier.switch').map(({ status }) => status)).toEqual([
      'solitary',
      'isolated',
      'solitary',
    ])
  })

  test('abort the signal of a job that another process cancels', async () => {
    const { oban, told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { default: 1 },
    })
    await told.hears()
    const { id } = await oban.enqueue('Wait', {})
    await told.until('job.log')
    const { oban: client } = makeOban({ database: database.url })
    expect(await client.cancelJob(id)).toBe(true)
    await told.until('job.log', ({ fields }) => fields['code'] === 'OBAN_CANCELLED')
    const { state } = await told.until('job.stop')

    // The body failed after its cancellation; that is kept, and changes nothing else.
    expect(state).toBe('cancelled')
    expect(await client.getJob(id)).toMatchObject({
      state: 'cancelled',
      attempt: 1,
      errors: [{ error: expect.stringMatching(/^JobAbortedError: job was cancelled/) }],
    })
  })

  test('of one process do not mix their prefixes, nor their instances', async () => {
    const strange = 'Jobs of "Ö" $1'
    await installIn(strange)
    const ran: string[] = []
    const held = gate()
    const Where = defineWorker({
      name: 'Where',
      args: typed<{ from: string }>(),
      process: (job) => {
        ran.push(job.args.from)
        held.open()
      },
    })
    const a = await startOban({ database: database.url, workers: [Where], queues: inline(2) })
    const b = await startOban({
      database: database.url,
      workers: [Where],
      queues: inline(2),
      prefix: strange,
    })
    await b.told.hears()
    const jobs = await Promise.all([
      Where.enqueue({ from: 'a' }, { oban: a.oban }),
      Where.enqueue({ from: 'b' }, { oban: b.oban.name }),
    ])
    const other = makeOban({ database: database.url, prefix: strange })
    const third = await Where.enqueue({ from: 'c' }, { oban: other.oban })
    await Promise.all([a.told.ended(jobs[0].id), b.told.ended(jobs[1].id), b.told.ended(third.id)])

    expect(ran.toSorted()).toEqual(['a', 'b', 'c'])
    expect(a.told.all('job.stop')).toHaveLength(1)
    expect(b.told.all('job.stop')).toHaveLength(2)
    expect(await b.oban.getJob(third.id)).toMatchObject({ state: 'completed' })
    expect(await b.oban.cancelJob(third.id)).toBe(false)
    expect(await b.oban.retryJob(third.id)).toBe(true)
    await b.oban.stop()
    expect(b.told.all('query.failed')).toEqual([])
  })
})
