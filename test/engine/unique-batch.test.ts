/** A call with many jobs stores those that many calls with one job each would store. */
import { expect, test } from 'vitest'
import { enqueueThrough } from '../../src/engine/enqueue.ts'
import { buildNewJob, type JobOptions } from '../../src/job/new-job.ts'
import type { NewJob } from '../../src/job/new-job.ts'
import { seeded } from '../tree/fire/random.ts'
import { type Bench, useBench } from './statements.ts'

const start = useBench('public')

const rules: ReadonlyArray<NonNullable<JobOptions['unique']>> = [
  true,
  { keys: ['a'] },
  { keys: ['b', 'a'], states: 'incomplete' },
  { fields: ['worker', 'queue'], states: 'scheduled' },
  { fields: ['args', 'meta', 'queue'], states: ['available', 'completed'] },
  { fields: ['meta', 'queue'], keys: ['m'], timestamp: 'scheduledAt' },
]

function randomJob(roll: (bound: number) => number): (queue: string) => NewJob {
  const args = { a: roll(3), b: roll(2) }
  const worker = `W${roll(2)}`
  const options: JobOptions = {
    unique: rules[roll(rules.length)],
    meta: { m: roll(2) },
    ...(roll(3) === 0 ? { scheduleIn: 60 } : {}),
  }

  return (queue) => buildNewJob({ worker, args, options: { ...options, queue } }, args)
}

/** Which of the jobs were stored; each of several that are found is as good as the others. */
async function storedOf(
  { db }: Bench,
  calls: ReadonlyArray<readonly NewJob[]>,
): Promise<boolean[]> {
  const stored: boolean[] = []
  for (const jobs of calls) {
    await db.client.query('BEGIN')
    const rows = await enqueueThrough(db.client, db.prefix, jobs)
    await db.client.query('COMMIT')
    stored.push(...rows.map(({ conflict }) => !conflict))
  }

  return stored
}

test.each(Array.from({ length: 25 }, (_, seed) => seed))(
  'stores of many at once what it would store of one after the other, seed %i',
  async (seed) => {
    const bench = await start()
    const roll = seeded(seed).below
    const jobs = Array.from({ length: 5 + roll(30) }, () => randomJob(roll))
    const one = jobs.map((make) => [make(`${bench.queue} one`)])
    const many = [jobs.map((make) => make(`${bench.queue} many`))]

    expect(await storedOf(bench, many)).toEqual(await storedOf(bench, one))
  },
)
