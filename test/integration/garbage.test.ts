import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs RESTART IDENTITY'))

const startThreads = (options: { unknownWorkers?: 'fail' | 'release' } = {}) =>
  startOban({
    database: database.url,
    workers: [workerModule],
    queues: { default: 10 },
    ...options,
  })

/** What other programs may write into a column, whatever the column is for. */
const strange = {
  args: ['null', '[1, 2]', '"x"', '7', 'false', '{"a": {"__proto__": {"b": 1}}}'],
  meta: ['null', '[1]', '"x"', '7', '{"recorded": true, "return": "!"}', '{"snoozed": "x"}'],
  errors: [`'{}'`, `ARRAY[NULL]::jsonb[]`, `ARRAY['1', '"x"', 'null', '{"at": 7}', '[]']::jsonb[]`],
  tags: [`NULL`, `'{NULL,a}'`, `'{{a,b},{c,"}\\"{"}}'`, `'[5:6]={a,b}'`],
  times: [`'infinity'`, `'-infinity'`, `'0044-03-15 00:00:00 BC'`, `'294276-01-01'`],
}

describe('rows that other programs wrote', () => {
  test.each(['Echo', 'Fail', 'Snooze', 'Cancel'])(
    'never stop a queue, whatever they hold and however %s ends',
    async (worker) => {
      const values = [
        ...strange.args.map((value) => ['args', `'${value}'`]),
        ...strange.meta.map((value) => ['meta', `'${value}'`]),
        ...strange.errors.map((value) => ['errors', value]),
        ...strange.tags.map((value) => ['tags', value]),
        ...strange.times.flatMap((value) => [
          ['scheduled_at', value],
          ['inserted_at', value],
          ['completed_at', value],
        ]),
        ['meta', 'NULL'],
        ['priority', '2000000000'],
        ['attempted_by', `'{{a,b},{c,d}}'`],
        ['max_attempts', '2147483647'],
        ['id', '9007199254740993'],
        ['worker', `U&'\\0001\\D83D\\DE00'`],
      ]
      for (const [column, value] of values) {
        const named = column === 'worker' ? 'worker' : `worker, ${column}`
        const given = column === 'worker' ? value : `'${worker}', ${value}`
        await database.query(`INSERT INTO oban_jobs (${named}) VALUES (${given})`)
      }
      const { oban, told } = await startThreads({ unknownWorkers: 'fail' })
      // Behind all of them.
      const [last] = await database.query<{ id: string }>(
        `INSERT INTO oban_jobs (worker, priority) VALUES ('Echo', 2147483647) RETURNING id`,
      )
      await told.ended(Number(last?.id))
      await oban.stop()
      const rows = await database.query(
        `SELECT state, count(*)::int FROM oban_jobs WHERE state IN ('executing', 'available')
          GROUP BY 1`,
      )

      expect(rows).toEqual([])
      expect(told.all('query.failed')).toEqual([])
      expect(told.all('supervisor.report')).toEqual([])
    },
  )

  test('are read without complaint', async () => {
    for (const args of strange.args) {
      await database.query(
        `INSERT INTO oban_jobs (worker, args, meta, tags, errors, queue)
         VALUES ('X', $1, '7', NULL, ARRAY['1', NULL]::jsonb[], 'nowhere')`,
        [args],
      )
    }
    const { oban } = await startThreads()

    for (const [index, args] of strange.args.entries()) {
      expect(await oban.getJob(index + 1)).toMatchObject({
        args: JSON.parse(args),
        meta: {},
        tags: [],
        errors: [{ error: '1' }, { error: 'null' }],
      })
    }
  })

  test('with no attempt left are discarded, and hold up nobody', async () => {
    await database.query(
      `INSERT INTO oban_jobs (worker, attempt, max_attempts, priority)
       SELECT 'Echo', 3, 3, 0 FROM generate_series(1, 150)`,
    )
    const { oban, told } = await startThreads()
    const { id } = await oban.enqueue('Echo', {}, { priority: 9 })
    await told.ended(id)
    expect(await oban.getJob(id)).toMatchObject({ state: 'completed' })
    await told.count('stager.stage', 1)

    const job = await oban.getJob(1)
    expect(job).toMatchObject({
      state: 'discarded',
      attempt: 3,
      errors: [{ attempt: 3, error: expect.stringMatching(/^OBAN_JOB_EXHAUSTED: /) }],
    })
    expect(new Date(job?.errors[0]?.at ?? '')).toEqual(job?.discardedAt)
  })
})

describe('jobs of unknown workers', () => {
  test('are given back for other nodes, with one warning, and left out for a while', async () => {
    const { oban, told } = await startThreads()
    const { id } = await oban.enqueue('Elsewhere.Worker', { a: 1 })
    await told.until('worker.unknown')
    await told.until('acker.flush')
    const job = await oban.getJob(id)
    expect(job).toMatchObject({ state: 'scheduled', attempt: 0, errors: [] })
    const seconds = (Number(job?.scheduledAt) - Number(job?.attemptedAt)) / 1_000
    expect(seconds).toBeGreaterThanOrEqual(15)
    expect(seconds).toBeLessThan(31)

    const again = await oban.enqueue('Elsewhere.Worker', { a: 2 }, { priority: 0 })
    const known = await oban.enqueue('Echo', {}, { priority: 9 })
    await told.ended(known.id)
    expect(await oban.getJob(again.id)).toMatchObject({ state: 'available', attempt: 0 })
    expect(told.all('worker.unknown')).toMatchObject([{ worker: 'Elsewhere.Worker' }])
  })

  test('fail as in Oban when asked to', async () => {
    const { oban, told } = await startThreads({ unknownWorkers: 'fail' })
    const { id } = await oban.enqueue('Elsewhere.Worker', {})
    await told.ended(id)

    expect(await oban.getJob(id)).toMatchObject({
      state: 'retryable',
      attempt: 1,
      errors: [{ error: expect.stringMatching(/^UnknownWorkerError: unknown worker "Elsewhere/) }],
    })
  })
})
