import { BroadcastChannel } from 'node:worker_threads'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { startOban } from '../support/oban.ts'
import { untilRows } from '../support/until-rows.ts'

const database = useDatabase()
beforeEach(async () => {
  await database.query('TRUNCATE oban_jobs')
  await database.query('CREATE TABLE IF NOT EXISTS ledger (job bigint)')
  await database.query('TRUNCATE ledger')
})

const executions = ['threads', 'inline'] as const

async function start(execution: (typeof executions)[number]) {
  const { oban, told } = await startOban({
    database: database.url,
    workers: [new URL('../fixtures/own-row.js', import.meta.url)],
    queues: { default: { limit: 5, execution } },
    stager: { interval: { minutes: 10 } },
  })
  await told.hears()
  const words = new BroadcastChannel('oban-test')
  onTestFinished(() => words.close())
  const said = (message: string) => told.until('job.log', (event) => event.message === message)
  const pay = (args: Readonly<Record<string, string>>) =>
    oban.enqueue('Pay', { url: database.url, ...args })

  return { oban, told, words, said, pay }
}

const ledger = () => database.query('SELECT job::int FROM ledger')

describe.each(executions)('updateMeta with execution %s', (execution) => {
  test('stores what a running job says, the last of many calls as well', async () => {
    const { oban, told, words, said } = await start(execution)
    const { id } = await oban.enqueue('Progress', { word: 'on' }, { meta: { tenant: 7 } })
    const { fields } = await said('stored')
    expect(fields).toMatchObject({ stored: true, meta: { tenant: 7 } })
    expect(await oban.getJob(id)).toMatchObject({
      state: 'executing',
      meta: { tenant: 7, percent: 99, half: true },
    })
    words.postMessage('on')
    await told.ended(id)

    expect(await oban.getJob(id)).toMatchObject({
      state: 'completed',
      recorded: true,
      meta: { tenant: 7, percent: 99, half: true, later: true, end: true },
    })
  })

  test('changes nothing of a job that was cancelled meanwhile, and says so', async () => {
    const { oban, told, words, said } = await start(execution)
    const { id } = await oban.enqueue('Progress', { word: 'on' })
    await said('stored')
    await database.query(`UPDATE oban_jobs SET state = 'cancelled' WHERE id = $1`, [id])
    words.postMessage('on')
    await told.ended(id)

    const job = await oban.getJob(id)
    expect(job?.recorded).toBe(false)
    expect(job?.meta).toEqual({
      percent: 99,
      half: true,
      recorded: true,
      return: expect.anything(),
    })
  })

  test('refuses what is no JSON object, or too large', async () => {
    const { oban, told } = await start(execution)
    const { id } = await oban.enqueue('Wrong', {})
    await told.ended(id)

    expect(await oban.getJob(id)).toMatchObject({
      state: 'completed',
      recorded: ['OBAN_INVALID_JOB', 'OBAN_INVALID_JOB', 'OBAN_INVALID_JOB'],
    })
  })
})

describe.each(executions)('complete with execution %s', (execution) => {
  test('completes the job with the transaction, once', async () => {
    const { oban, told, pay } = await start(execution)
    const { id } = await pay({ end: 'COMMIT' })
    const { state } = await told.until('job.stop')

    expect(state).toBe('success')
    expect(await oban.getJob(id)).toMatchObject({
      state: 'completed',
      attempt: 1,
      recorded: { paid: id },
      errors: [],
    })
    expect(await ledger()).toEqual([{ job: id }])
    expect(told.all('ack.lost')).toEqual([])
  })

  test('leaves the job as it was when the transaction rolls back', async () => {
    const { oban, told, pay } = await start(execution)
    const retried = await pay({ end: 'ROLLBACK', after: 'throw' })
    await told.ended(retried.id)
    expect(await oban.getJob(retried.id)).toMatchObject({
      state: 'retryable',
      meta: {},
      completedAt: null,
      errors: [{ attempt: 1, error: expect.stringContaining('after the commit') }],
    })

    const fine = await pay({ end: 'ROLLBACK' })
    await told.ended(fine.id)
    expect(await oban.getJob(fine.id)).toMatchObject({ state: 'completed', meta: {} })
    expect(await ledger()).toEqual([])
  })

  test('stays completed when the body fails after the commit', async () => {
    const { oban, told, pay } = await start(execution)
    const { id } = await pay({ end: 'COMMIT', after: 'throw' })
    const { state } = await told.until('job.stop')
    const { level } = await told.until('job.log', ({ message }) =>
      message.includes('failed after its job had completed itself'),
    )

    expect([state, level]).toEqual(['success', 'warn'])
    expect(await oban.getJob(id)).toMatchObject({ state: 'completed', errors: [] })
    expect(told.all('job.exception')).toEqual([])
  })

  test('has nobody abort the last lines of a job that has completed itself', async () => {
    const { told, words, said, pay } = await start(execution)
    const { id } = await pay({ end: 'COMMIT', word: 'on' })
    await said('completed')
    // Each comparison with the database finds that nothing executes here.
    await beaten(2)
    words.postMessage('on')
    const { fields } = await said('over')
    await told.ended(id)

    expect(fields).toMatchObject({ aborted: false })
    expect(told.all('job.stop')).toMatchObject([{ id, state: 'success' }])
  }, 30_000)

  test('has nobody abort a job that was moved to another queue while it ran', async () => {
    const { told, words, said, pay } = await start(execution)
    const { id } = await pay({ end: 'COMMIT', before: 'go' })
    await said('before')
    // As a unique job does that replaces the queue of the one it finds.
    await database.query(`UPDATE oban_jobs SET queue = 'elsewhere' WHERE id = $1`, [id])
    await beaten(2)
    words.postMessage('go')
    const { fields } = await said('over')
    await told.ended(id)

    expect(fields).toMatchObject({ aborted: false })
    expect(told.all('job.stop')).toMatchObject([{ id, state: 'success' }])
  }, 30_000)

  test('is refused when the job was cancelled meanwhile, so that the rest rolls back', async () => {
    const { oban, told, words, said, pay } = await start(execution)
    const { id } = await pay({ end: 'COMMIT', before: 'go' })
    await said('before')
    await database.query(
      `UPDATE oban_jobs SET state = 'cancelled', cancelled_at = now() WHERE id = $1`,
      [id],
    )
    words.postMessage('go')
    await told.ended(id)

    expect(await ledger()).toEqual([])
    expect(await oban.getJob(id)).toMatchObject({
      state: 'cancelled',
      errors: [
        { error: expect.stringMatching(/^JobLostError: job \d+ is not this run's any more/) },
      ],
    })
    expect(told.all('job.stop')).toMatchObject([{ id, state: 'cancelled' }])
  })
})

interface LastBeat {
  readonly beat: number
}

/** Resolves after that many heartbeats from now on. */
async function beaten(count: number): Promise<void> {
  const text = 'SELECT coalesce(max(beat), 0)::int AS beat FROM oban_ts_producers'
  const [now = { beat: 0 }] = await database.query<LastBeat>(text)
  await untilRows<LastBeat>(database, text, (rows) =>
    rows.some(({ beat }) => beat >= now.beat + count),
  )
}

test('a job that has completed itself stays completed when it ends its thread', async () => {
  const { oban, told, pay } = await start('threads')
  const { id } = await pay({ end: 'COMMIT', after: 'exit' })
  await told.ended(id)

  expect(await oban.getJob(id)).toMatchObject({ state: 'completed', attempt: 1, errors: [] })
  expect(told.all('job.stop')).toMatchObject([{ id, state: 'success' }])
})
