import { describe, expect, onTestFinished, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { defineWorker } from '../../src/worker.ts'
import { typed } from '../../src/worker/standard-schema.ts'
import { createEmptyDatabase, loadFixture } from '../engine/empty-database.ts'
import { makeOban } from '../support/oban.ts'

const widest = 'ä'.repeat(126) + '👍'
const Widest = defineWorker({ name: widest, args: typed<{ n: number }>(), process: () => {} })

describe('a job', () => {
  // Names are bounded by Elixir's tables, attempts by Python's, which also counts ids by itself.
  test.each([
    { made: 'here', fixtures: [] },
    { made: 'by Elixir', fixtures: ['schema_elixir'] },
    { made: 'by Python', fixtures: ['schema_python', 'schema_python_tables'] },
  ] as const)(
    'fits at the edge of its rules into tables that were made $made',
    async ({ fixtures }) => {
      const database = await createEmptyDatabase()
      const client = await database.connect()
      for (const name of fixtures) await loadFixture(client, name)
      await install(client, { prefix: 'public' })
      const { oban } = makeOban({ database: database.url })
      onTestFinished(() => oban.stop())
      const fields = {
        queue: widest,
        priority: 9,
        maxAttempts: 32_767,
        tags: ['t'.repeat(1_000), 'ß', ','],
        meta: { '': [widest] },
      }
      const [job] = await oban.enqueueMany([Widest.new({ n: 1 }, { ...fields, scheduleIn: 0 })])

      expect(job).toMatchObject({ worker: widest, args: { n: 1 }, state: 'scheduled', ...fields })
      expect(job).toMatchObject({ attempt: 0, attemptedBy: [], errors: [], conflict: false })
      expect(await oban.getJob(job?.id ?? 0)).toEqual(job)
    },
  )
})
