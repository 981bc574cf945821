import { onTestFinished, test, expect } from 'vitest'
import { createDatabase } from '../support/database.ts'
import { runLoad } from './run-load.ts'

test('twenty thousand jobs of four nodes end as they have to, whatever crashes', async () => {
  const database = await createDatabase()
  onTestFinished(() => database.drop())
  const summary = await runLoad({
    url: database.url,
    jobs: 20_000,
    nodes: 4,
    limit: 50,
    threads: 2,
    withinMs: 200_000,
    onProgress: () => {},
  })

  expect(summary.findings).toEqual([])
}, 240_000)
