import { describe, expect, test } from 'vitest'
import { pruneCancelled, pruneCompleted, pruneDiscarded } from '../../src/engine/jobs.ts'
import { schemas, useBench, type Columns } from './statements.ts'

const NOW = '2030-06-01T00:00:00Z'
const HOUR = 3_600

const prunes = {
  completed: pruneCompleted,
  cancelled: pruneCancelled,
  discarded: pruneDiscarded,
} as const

function at(hoursBefore: number): string {
  return `timestamp '2030-06-01' - interval '${hoursBefore} hours'`
}

/** Columns of a job that completed so many seconds ago. */
function completedAgo(seconds: number): Columns {
  const moment = `timezone('UTC', now()) - interval '${seconds} s'`

  return { state: `'completed'`, completed_at: moment, scheduled_at: moment }
}

/** Columns of a job that ended so many hours before `NOW`, and was scheduled an hour before that. */
function ended(state: keyof typeof prunes, hours: number, columns: Columns = {}): Columns {
  return {
    state: `'${state}'`,
    scheduled_at: at(hours + 1),
    inserted_at: at(hours + 1),
    [`${state}_at`]: at(hours),
    ...columns,
  }
}

describe.each(schemas)('pruning in the schema %s', (prefix) => {
  const start = useBench(prefix)

  /** The bench, and what is left of the jobs with these ids. */
  async function startPruning() {
    const bench = await start()
    // Whatever an earlier test left would be pruned too.
    await bench.sql('TRUNCATE /*prefix*/oban_jobs')
    const left = async () => {
      const rows = await bench.sql(
        'SELECT id::text FROM /*prefix*/oban_jobs AS job ORDER BY job.id',
      )

      return rows.map(({ id }) => id)
    }

    return { ...bench, left }
  }

  test.each(['completed', 'cancelled', 'discarded'] as const)(
    'deletes what was %s longer ago than the age',
    async (state) => {
      const { db, insert, left } = await startPruning()
      await insert(ended(state, 3))
      await insert(ended(state, 2.1, { queue: `'other'`, priority: '3' }))
      const young = await insert(ended(state, 1.9))
      const states = ['completed', 'cancelled', 'discarded'] as const
      const others = states.filter((other) => other !== state)
      const kept = [young]
      for (const other of others) kept.push(await insert(ended(other, 9)))

      expect(await prunes[state](db, 2 * HOUR, 10, NOW)).toEqual([{ count: '2' }])
      expect(await left()).toEqual(kept)
    },
  )

  test('goes by the end of a job, not by when it was scheduled', async () => {
    const { db, insert, left } = await startPruning()
    const id = await insert(ended('completed', 1, { scheduled_at: `'2029-01-01'` }))

    expect(await pruneCompleted(db, 2 * HOUR, 10, NOW)).toEqual([{ count: '0' }])
    expect(await left()).toEqual([id])
  })

  test('keeps what has no date, and what has not ended', async () => {
    const { db, insert, left } = await startPruning()
    const old = { scheduled_at: `'2020-01-01'`, inserted_at: `'2020-01-01'` }
    const dates = {
      completed_at: `'2020-01-01'`,
      cancelled_at: `'2020-01-01'`,
      discarded_at: `'2020-01-01'`,
    }
    const kept: string[] = []
    for (const state of ['completed', 'cancelled', 'discarded']) {
      kept.push(await insert({ ...old, state: `'${state}'` }))
    }
    for (const state of ['available', 'scheduled', 'executing', 'retryable', 'suspended']) {
      kept.push(await insert({ ...old, ...dates, state: `'${state}'` }))
    }
    for (const prune of Object.values(prunes)) await prune(db, 1, 100, NOW)

    expect(await left()).toEqual(kept)
  })

  test('deletes no more than its limit, over all queues and priorities', async () => {
    const { db, insert, left } = await startPruning()
    for (let index = 0; index < 12; index += 1) {
      const columns = { queue: `'q${index % 3}'`, priority: `${index % 2}` }
      await insert(ended('completed', 5 + index, columns))
    }

    expect(await pruneCompleted(db, HOUR, 5, NOW)).toEqual([{ count: '5' }])
    expect(await pruneCompleted(db, HOUR, 5, NOW)).toEqual([{ count: '5' }])
    expect(await pruneCompleted(db, HOUR, 5, NOW)).toEqual([{ count: '2' }])
    expect(await left()).toEqual([])
  })

  test.each(['completed', 'cancelled', 'discarded'] as const)(
    'passes over what was %s and somebody holds',
    async (state) => {
      const { db, insert, left, session } = await startPruning()
      const held = await insert(ended(state, 5))
      await insert(ended(state, 4))
      const holder = await session()
      await holder.client.query('BEGIN')
      await holder.client.query(`SELECT id FROM ${prefix}.oban_jobs WHERE id = $1 FOR UPDATE`, [
        held,
      ])

      expect(await prunes[state](db, HOUR, 10, NOW)).toEqual([{ count: '1' }])
      expect(await left()).toEqual([held])
    },
  )

  test("goes by the database's clock", async () => {
    const { db, insert } = await startPruning()
    await insert(completedAgo(65))
    await insert(completedAgo(55))

    expect(await pruneCompleted(db, 60, 10, null)).toEqual([{ count: '1' }])
  })
})
