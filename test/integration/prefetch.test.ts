import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { startProgram } from '../support/program.ts'
import { say } from '../support/say.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const program = fileURLToPath(new URL('../fixtures/prefetching-node.mjs', import.meta.url))

describe('prefetch', () => {
  test('costs no attempt of jobs that a dead node had claimed ahead', async () => {
    const { oban: client } = makeOban({ database: database.url })
    const options = { maxAttempts: 1 }
    const { id } = await client.enqueue('Wait', { word: 'never' }, { ...options, priority: 0 })
    await client.enqueueMany(
      Array.from({ length: 20 }, () => ({
        worker: 'Echo',
        args: {},
        options: { ...options, priority: 1 },
      })),
    )
    const doomed = startProgram([program, database.url, '20'])
    await doomed.printed('20 ahead')
    doomed.signal('SIGKILL')
    const { told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { default: 5 },
    })
    const { rescued } = await told.until('lifeline.rescue')
    expect(rescued.map(({ state }) => state)).toEqual(Array(21).fill('available'))
    await told.until('job.log', ({ fields }) => fields['id'] === id)
    say('never')
    await told.count('job.stop', 21)

    expect(
      await database.query(
        `SELECT state::text, attempt, meta ->> 'rescued' AS rescued, count(*)::int
           FROM oban_jobs GROUP BY 1, 2, 3`,
      ),
    ).toEqual([{ state: 'completed', attempt: 1, rescued: '1', count: 21 }])
  }, 60_000)

  test('keeps the order of what it holds', async () => {
    const { oban, told } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { default: { limit: 1, prefetch: 100 } },
    })
    const first = await oban.enqueue('Wait', { word: 'order' })
    await told.until('job.log')
    const jobs = await oban.enqueueMany(
      [3, 1, 2, 0, 3].map((priority) => ({ worker: 'Echo', args: {}, options: { priority } })),
    )
    say('order')
    await told.count('job.stop', 6)

    const inOrder = [3, 1, 2, 0, 4].map((index) => jobs[index]?.id)
    expect(told.all('job.start').map(({ id }) => id)).toEqual([first.id, ...inOrder])
  })
})
