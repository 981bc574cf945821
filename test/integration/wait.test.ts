import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { defineWorker } from '../../src/worker.ts'
import { record } from '../../src/worker/results.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { useDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { makeOban, startOban } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs'))

const Double = defineWorker({
  name: 'Double',
  args: typed<{ n: number }>(),
  process: ({ args }) => record({ twice: args.n * 2 }),
})

const queues = { default: { limit: 10, execution: 'inline' as const } }

/** A node, and a program elsewhere that only enqueues and waits. */
async function start(options: Parameters<typeof startOban>[0] = {}) {
  const node = await startOban({ database: database.url, workers: [Double], queues, ...options })
  const { oban, told } = makeOban({ database: database.url })

  return { node, oban, told }
}

const end = (id: number, state: string) =>
  database.query(`UPDATE oban_jobs SET state = $2::oban_job_state WHERE id = $1`, [id, state])

const sessions = async (role: string) =>
  (
    await database.query(
      `SELECT pid FROM pg_stat_activity
        WHERE application_name = $1 AND datname = current_database()`,
      [`oban-ts:${role}`],
    )
  ).length

describe('wait', () => {
  test('resolves with the job that another node has ended', async () => {
    const { oban, node } = await start()
    await node.told.hears()
    const job = await Double.enqueue({ n: 4 }, { oban })
    const ended = await Double.wait(job, { oban, timeout: { seconds: 20 } })

    expect(ended).toMatchObject({ id: job.id, state: 'completed', args: { n: 4 } })
    expect(ended.recorded?.twice).toBe(8)
    expect(await Double.wait(job.id, { oban })).toEqual(ended)
  })

  test('is told by the node, and does not look for itself', async () => {
    const held = gate()
    const Held = defineWorker({ name: 'Held', process: () => held.pass() })
    const { oban, node } = await start({ workers: [Held] })
    await node.told.hears()
    const { id } = await Held.enqueue({}, { oban })
    await held.reached()
    const waited = Held.wait(id, { oban })
    // The listener is up, and the node was told: a wait for another has passed through both.
    const first = await Held.enqueue({}, { oban })
    await oban.cancelJob(first.id)
    await Held.wait(first.id, { oban })
    const openedAt = performance.now()
    held.open()
    const { state } = await waited

    expect(state).toBe('completed')
    // With looks alone it would be half a second on average; a node that is told needs some milliseconds.
    expect(performance.now() - openedAt).toBeLessThan(5_000)
  })

  test.each(['completed', 'cancelled', 'discarded'])(
    'finds a job that has become %s where nobody announces it',
    async (state) => {
      const { oban } = makeOban({ database: database.url })
      const { id } = await Double.enqueue({ n: 1 }, { oban })
      const waited = Double.wait(id, { oban })
      await end(id, state)

      expect(await waited).toMatchObject({ id, state })
    },
  )

  test('rejects when the job is not there, or is deleted meanwhile', async () => {
    const { oban } = makeOban({ database: database.url })
    await expect(Double.wait(999_999, { oban })).rejects.toMatchObject({
      code: 'OBAN_JOB_NOT_FOUND',
      id: 999_999,
    })
    const { id } = await Double.enqueue({ n: 1 }, { oban })
    const waited = Double.wait(id, { oban })
    await oban.deleteJob(id)
    await expect(waited).rejects.toMatchObject({ code: 'OBAN_JOB_NOT_FOUND' })

    const other = await oban.enqueue('Other', {})
    await oban.cancelJob(other.id)
    await expect(Double.wait(other.id, { oban })).rejects.toMatchObject({
      code: 'OBAN_JOB_NOT_FOUND',
    })
  })

  test('ends with its time, with its signal, and with the instance', async () => {
    const { oban } = makeOban({ database: database.url })
    const job = await Double.enqueue({ n: 1 }, { oban })
    await expect(Double.wait(job, { oban, timeout: { milliseconds: 50 } })).rejects.toMatchObject({
      code: 'OBAN_WAIT_TIMEOUT',
      timeoutMs: 50,
    })

    const controller = new AbortController()
    const waited = Double.wait(job, { oban, signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(waited).rejects.toBe(reason)
    await expect(Double.wait(job, { oban, signal: controller.signal })).rejects.toBe(reason)

    const last = Double.wait(job, { oban })
    const refused = expect(last).rejects.toMatchObject({ code: 'OBAN_STOPPED' })
    await oban.getJob(job.id)
    await oban.stop()
    await refused
    await expect(Double.wait(job, { oban })).rejects.toMatchObject({ code: 'OBAN_STOPPED' })
  })

  test('refuses what is no time', async () => {
    const { oban } = makeOban({ database: database.url })

    await expect(Double.wait(1, { oban, timeout: Object(5) })).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
    })
    await expect(Double.wait(0, { oban })).rejects.toMatchObject({ code: 'OBAN_INVALID_ID' })
  })

  test('costs one listener for a thousand who wait, and none when nobody does', async () => {
    const { oban } = makeOban({ database: database.url })
    const jobs = await oban.enqueueMany(Array.from({ length: 1_000 }, (_, n) => Double.new({ n })))
    expect(await sessions('notifier')).toBe(0)
    const waited = Promise.all(jobs.map((job) => Double.wait(job, { oban })))
    const { id } = await oban.enqueue('Late', {})
    const late = oban.waitForJob(id)
    await database.query(`UPDATE oban_jobs SET state = 'completed' WHERE worker = 'Double'`)
    const states = new Set((await waited).map(({ state }) => state))

    expect([...states]).toEqual(['completed'])
    expect(await sessions('notifier')).toBe(1)
    await oban.cancelJob(id)
    expect(await late).toMatchObject({ state: 'cancelled' })
  })

  test('works where notifications do not leave the process', async () => {
    const { oban } = await startOban({
      database: database.url,
      workers: [Double],
      queues,
      notifier: 'isolated',
    })
    const job = await Double.enqueue({ n: 1 }, { oban })

    expect(await Double.wait(job, { oban })).toMatchObject({ state: 'completed' })
  })

  test('goes on after the listener is lost', async () => {
    const { oban, told } = makeOban({ database: database.url })
    onTestFinished(() => oban.stop())
    const { id } = await Double.enqueue({ n: 1 }, { oban })
    const waited = Double.wait(id, { oban })
    const first = await oban.enqueue('Late', {})
    await oban.cancelJob(first.id)
    await oban.waitForJob(first.id)
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'oban-ts:notifier' AND datname = current_database()`,
    )
    await end(id, 'completed')

    expect(await waited).toMatchObject({ state: 'completed' })
    expect(told.all('query.failed').every(({ source }) => source === 'waiter')).toBe(true)
  })
})
