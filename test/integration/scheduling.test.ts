import { Temporal } from '@js-temporal/polyfill'
import { describe, expect, test } from 'vitest'
import type { JobOptions } from '../../src/job/new-job.ts'
import { defineWorker } from '../../src/worker.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban } from '../support/oban.ts'

const database = useDatabase()
const Note = defineWorker({ name: 'Note', process: () => {} })

/** What the database has of one job: its time as text, and how long that is after the insert. */
async function stored(options: JobOptions) {
  const { oban } = makeOban({ database: database.url })
  const { id } = await Note.enqueue({}, { oban, ...options })
  const [row] = await database.query(
    `SELECT state, scheduled_at::text AS at, (scheduled_at - inserted_at)::text AS after
       FROM oban_jobs WHERE id = ${id}`,
  )

  return row
}

describe('the time of a job', () => {
  test('is that of its insert without one, and the job is available', async () => {
    expect(await stored({})).toMatchObject({ state: 'available', after: '00:00:00' })
  })

  test.each([
    [0, '00:00:00'],
    [90, '00:01:30'],
    [0.000_001, '00:00:00.000001'],
    [{ days: 40, milliseconds: 0.25 }, '40 days 00:00:00.00025'],
    [Temporal.Duration.from('PT1H0.000123S'), '01:00:00.000123'],
  ])('is counted from the clock of the database: %o', async (scheduleIn, after) => {
    expect(await stored({ scheduleIn })).toMatchObject({ state: 'scheduled', after })
  })

  test.each([
    [new Date(0), '1970-01-01 00:00:00'],
    ['2030-01-31T09:00:00.123456+01:00', '2030-01-31 08:00:00.123456'],
    [Temporal.Instant.from('2030-01-31T09:00:00.123456789Z'), '2030-01-31 09:00:00.123456'],
    [
      Temporal.ZonedDateTime.from('2030-07-01T09:00:00.000001[Europe/Berlin]'),
      '2030-07-01 07:00:00.000001',
    ],
    ['0001-01-01T00:00:00Z', '0001-01-01 00:00:00'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31 23:59:59.999999'],
  ])('is kept to the microsecond: %o', async (scheduledAt, at) => {
    expect(await stored({ scheduledAt })).toMatchObject({ state: 'scheduled', at })
  })
})
