/** A queue works through its backlog by priority, whatever is stored in front of it meanwhile. */
import { expect, test } from 'vitest'
import { defineWorker } from '../../src/worker.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { useDatabase } from '../support/database.ts'
import { startOban, type TestOban } from '../support/oban.ts'

const database = useDatabase()

/** A queue with one slot and five jobs, in the second of which something happens. Resolves to what ran. */
async function work(intervalMs: number, interlude: (node: TestOban) => Promise<unknown>) {
  await database.query('TRUNCATE oban_jobs')
  await database.query(
    `INSERT INTO oban_jobs (worker, priority, args)
     SELECT 'Step', 1, jsonb_build_object('name', n::text) FROM generate_series(1, 5) AS n`,
  )
  const started: string[] = []
  const Step = defineWorker({
    name: 'Step',
    args: typed<{ name: string }>(),
    process: async ({ args: { name } }) => {
      started.push(name)
      if (name === '2') await interlude(node)
    },
  })
  const node = await startOban({
    database: database.url,
    workers: [Step],
    queues: { default: { limit: 1, execution: 'inline', paused: true } },
    stager: { interval: { milliseconds: intervalMs } },
  })
  await node.oban.resumeQueue('default')
  await node.told.count('job.stop', 6)

  return started
}

const inOrder = ['1', '2', 'urgent', '3', '4', '5']

test('runs an urgent job next that is enqueued meanwhile', async () => {
  const started = work(3_600_000, ({ oban }) =>
    oban.enqueue('Step', { name: 'urgent' }, { priority: 0 }),
  )

  expect(await started).toEqual(inOrder)
})

test('runs an urgent job next that nobody announces, once the stager has looked', async () => {
  const started = work(50, async ({ told }) => {
    await database.query(
      `INSERT INTO oban_jobs (worker, priority, args) VALUES ('Step', 0, '{"name":"urgent"}')`,
    )
    const seen = told.all('stager.stage').length
    // The first of them may have looked before.
    await told.count('stager.stage', seen + 2)
  })

  expect(await started).toEqual(inOrder)
})
