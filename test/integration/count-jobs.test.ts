import { describe, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { makeOban } from '../support/oban.ts'

const database = useDatabase()

describe('countJobs', () => {
  test('counts by queue and state what waits or runs, up to a bound', async () => {
    const { oban } = makeOban({ database: database.url })
    await database.query(
      `INSERT INTO oban_jobs (worker, queue, state) VALUES
         ('A', 'media', 'available'), ('A', 'media', 'available'), ('A', 'mail', 'retryable'),
         ('A', 'media', 'completed')`,
    )
    const counted = await oban.countJobs()
    expect(counted.toSorted((a, b) => a.queue.localeCompare(b.queue))).toEqual([
      { queue: 'mail', state: 'retryable', count: 1 },
      { queue: 'media', state: 'available', count: 2 },
    ])
    expect(await oban.countJobs({ states: ['completed'] })).toEqual([
      { queue: 'media', state: 'completed', count: 1 },
    ])
    expect(await oban.countJobs({ states: ['available'], upTo: 1 })).toEqual([
      { queue: 'media', state: 'available', count: 1 },
    ])
  })

  test('refuses what it cannot count, all at once', async () => {
    const { oban } = makeOban({ database: database.url })
    const options: object = { states: ['avalable'], upTo: 0, queue: 'media' }

    await expect(oban.countJobs(options)).rejects.toMatchObject({
      code: 'OBAN_CONFIG',
      problems: [{ path: 'queue' }, { path: 'states[0]' }, { path: 'upTo' }],
    })
  })
})
