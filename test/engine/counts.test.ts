import { describe, expect, test } from 'vitest'
import { countStates, databaseTime, estimateJobs, queuesOfState } from '../../src/engine/counts.ts'
import { schemas, useBench, type Bench } from './statements.ts'

/** Some jobs of a state in a queue. */
async function insertMany({ sql }: Bench, queue: string, state: string, many: number) {
  await sql(
    `INSERT INTO /*prefix*/oban_jobs (queue, worker, state)
     SELECT $1, 'Greet', $2::/*prefix*/oban_job_state FROM generate_series(1, $3::integer)`,
    [queue, state, many],
  )
}

describe.each(schemas)('counts in %s', (schema) => {
  const open = useBench(schema)

  /** A bench with no jobs but these: `[queue, state, number]`. */
  async function benchWith(...jobs: readonly [queue: string, state: string, many: number][]) {
    const bench = await open()
    await bench.sql('TRUNCATE /*prefix*/oban_jobs')
    for (const each of jobs) await insertMany(bench, ...each)

    return bench
  }

  test('counts every state by queue', async () => {
    const { db } = await benchWith(
      ['a', 'available', 2],
      ['b', 'available', 1],
      ['a', 'suspended', 3],
    )

    expect(new Set(await countStates(db, 100, []))).toEqual(
      new Set([
        { state: 'available', queue: 'a', jobs: '2' },
        { state: 'available', queue: 'b', jobs: '1' },
        { state: 'suspended', queue: 'a', jobs: '3' },
      ]),
    )
  })

  test('stops at the bound of a state, and leaves states out', async () => {
    const { db } = await benchWith(
      ['a', 'available', 9],
      ['b', 'available', 9],
      ['a', 'completed', 1],
    )

    expect(await countStates(db, 12, ['completed'])).toEqual([
      { state: 'available', queue: 'a', jobs: '9' },
      { state: 'available', queue: 'b', jobs: '3' },
    ])
  })

  test('lists the queues of a state, up to a limit', async () => {
    const { db } = await benchWith(
      ['b', 'completed', 50],
      ['a', 'completed', 50],
      ['c', 'available', 1],
    )

    expect(await queuesOfState(db, 'completed', 10)).toEqual([{ queue: 'a' }, { queue: 'b' }])
    expect(await queuesOfState(db, 'completed', 1)).toEqual([{ queue: 'a' }])
    expect(await queuesOfState(db, 'discarded', 10)).toEqual([])
  })

  test('estimates by what PostgreSQL knows of the table, and never as none', async () => {
    const { db, sql } = await benchWith(['a', 'completed', 8_000], ['b', 'completed', 2_000])
    await sql('ANALYZE /*prefix*/oban_jobs')
    const jobs = await estimateJobs(db, 'completed', 'a')

    expect(jobs).toBeGreaterThan(7_000)
    expect(jobs).toBeLessThan(9_000)
    expect(await estimateJobs(db, 'discarded', 'none')).toBe(1)
  })
})

describe('database time', () => {
  const open = useBench('public')

  test('is the seconds since 1970, with their fraction', async () => {
    const { db, sql } = await open()
    const [row] = await databaseTime(db)
    const [now] = await sql('SELECT extract(epoch FROM clock_timestamp()) AS seconds')

    expect(row?.seconds).toMatch(/^\d{10}\.\d{6}$/)
    expect(Number(now?.['seconds']) - Number(row?.seconds)).toBeGreaterThanOrEqual(0)
  })
})
