import { beforeEach, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const start = (node: string) =>
  startOban({ database: database.url, node, workers: [workerModule], queues: { default: 1 } })

test('the last attempt of a node that died holds up no queue, and is told as discarded', async () => {
  const { oban, told } = await start('gone')
  const last = await oban.enqueue('Deaf', {}, { maxAttempts: 1 })
  await told.until('job.log')
  await oban.stop({ force: true })
  expect(await database.query('SELECT state FROM oban_jobs')).toEqual([{ state: 'executing' }])

  const { oban: next, told: seen } = await start('next')
  const { id } = await next.enqueue('Echo', {})
  await seen.ended(id)
  expect(await next.getJob(last.id)).toMatchObject({ state: 'executing' })

  // What a lifeline comes to after 15 seconds without a beat.
  await database.query(`UPDATE oban_ts_producers SET dead_at = now() WHERE node = 'gone'`)
  const { rescued } = await seen.until('lifeline.rescue')
  expect(rescued).toEqual([{ id: last.id, queue: 'default', state: 'discarded' }])
  expect(await next.getJob(last.id)).toMatchObject({
    state: 'discarded',
    attempt: 1,
    errors: [{ attempt: 1, error: expect.stringMatching(/^OBAN_JOB_ORPHANED: /) }],
  })
})
