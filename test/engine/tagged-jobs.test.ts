import { beforeAll, expect, test } from 'vitest'
import type { Db } from '../../src/engine/query.ts'
import {
  cancelTaggedJobs,
  countJobs,
  countTaggedJobs,
  readTaggedJobs,
} from '../../src/engine/tagged-jobs.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const db = (): Db => ({ client: database.pool, prefix: 'public', named: false })

const MANY = 4_100

beforeAll(async () => {
  await database.query(
    `INSERT INTO oban_jobs (queue, worker, state, tags)
     SELECT 'files', 'Digest', 'completed', '{old,run}' FROM generate_series(1, 3)`,
  )
  await database.query(
    `INSERT INTO oban_jobs (queue, worker, state, args, tags)
     SELECT 'files', 'Digest', 'available', jsonb_build_object('n', n), ARRAY['new', 'run']
       FROM generate_series(1, ${MANY}) AS n`,
  )
  await database.query(
    `INSERT INTO oban_jobs (queue, worker, state, tags)
     VALUES ('mail', 'Mail', 'executing', '{run,new}'), ('mail', 'Mail', 'available', '{}')`,
  )
})

test('counts those with a tag beside all', async () => {
  expect(await countJobs(db(), 'new', '0')).toEqual([
    { queue: 'files', state: 'available', total: String(MANY), tagged: String(MANY) },
    { queue: 'files', state: 'completed', total: '3', tagged: '0' },
    { queue: 'mail', state: 'available', total: '1', tagged: '0' },
    { queue: 'mail', state: 'executing', total: '1', tagged: '1' },
  ])
})

test('looks at no id below the first', async () => {
  const counts = await countTaggedJobs(db(), 'run', '3')

  expect(counts.toSorted((a, b) => (a.state < b.state ? -1 : 1))).toEqual([
    { queue: 'files', worker: 'Digest', state: 'available', count: String(MANY) },
    { queue: 'files', worker: 'Digest', state: 'completed', count: '1' },
    { queue: 'mail', worker: 'Mail', state: 'executing', count: '1' },
  ])
})

test('reads those of one worker over several pages, in the order of their ids', async () => {
  const read: unknown[] = []
  for await (const { args } of readTaggedJobs(db(), ['new', '0'], 'Digest')) read.push(args['n'])

  expect(read).toEqual(Array.from({ length: MANY }, (_, index) => index + 1))
})

test('cancels what waits, and nothing that runs or is not of the tag', async () => {
  const rows = await cancelTaggedJobs(db(), 'new')

  expect(rows).toHaveLength(MANY)
  expect(await countJobs(db(), 'new', '0')).toEqual([
    { queue: 'files', state: 'cancelled', total: String(MANY), tagged: String(MANY) },
    { queue: 'files', state: 'completed', total: '3', tagged: '0' },
    { queue: 'mail', state: 'available', total: '1', tagged: '0' },
    { queue: 'mail', state: 'executing', total: '1', tagged: '1' },
  ])
})
