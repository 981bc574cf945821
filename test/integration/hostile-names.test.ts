/** Names and values that would be SQL if anything put them into it. */
import { beforeAll, describe, expect, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { defineWorker } from '../../src/worker.ts'
import { useDatabase } from '../support/database.ts'
import { startOban } from '../support/oban.ts'

const database = useDatabase()

const names = [
  `"; DROP TABLE oban_jobs; --`,
  `'; DROP TABLE oban_jobs; --`,
  String.raw`\'; DROP TABLE oban_jobs; --`,
  String.raw`%s %I $1 $$ $& ? \? \\ /*filter*/ /*direction*/ /*prefix*/`,
  'two\nlines\r\n\tand\u0001more',
  '{a,"b",NULL}',
] as const

const prefixes = ['public', `"; DROP TABLE x; --`, String.raw`'%\$1/*prefix*/`, 'x/*filter*/$$']

describe.each(prefixes)('in the schema %j', (prefix) => {
  beforeAll(async () => {
    const client = await database.pool.connect()
    try {
      await install(client, { prefix })
    } finally {
      client.release()
    }
  })

  test.each(names)('the name %j is nothing but a name', async (name) => {
    const worker = defineWorker({ name, process: () => undefined })
    const { oban, told } = await startOban({
      database: database.url,
      prefix,
      workers: [worker],
      queues: { [name]: { limit: 2, execution: 'inline' } },
      cron: { crontab: [{ expression: '@reboot', worker: name, queue: name, name }] },
    })
    await told.hears()
    await told.until('cron.insert')
    const options = { queue: name, tags: [name], meta: { [name]: name } }
    const args = { [name]: name }
    const unique = { period: 60, keys: [name], fields: ['args', 'queue', 'worker'] } as const
    const first = await oban.enqueue(name, args, { ...options, unique })
    const again = await oban.enqueue(name, args, { ...options, unique })
    await told.ended(first.id)
    await oban.pauseQueue(name)
    const waiting = await oban.enqueue(name, args, options)
    const filter = { worker: name, queue: name, tags: [name], args, meta: { [name]: name } }
    const { jobs } = await oban.listJobs({ ...filter, state: 'available' })
    const cancelled = await oban.cancelManyJobs({ ...filter, ids: [waiting.id] })
    const retried = await oban.retryManyJobs({ ...filter, ids: [waiting.id] })
    await oban.scaleQueue(name, { limit: 3 })
    await oban.resumeQueue(name)
    await told.ended(waiting.id)
    const deleted = await oban.deleteManyJobs(filter)
    await oban.stop()

    expect(again).toMatchObject({ id: first.id, conflict: true, worker: name, queue: name, args })
    expect(jobs).toMatchObject([{ id: waiting.id, meta: { [name]: name } }])
    expect([cancelled, retried, deleted]).toEqual([1, 1, 2])
    expect(told.all('query.failed')).toEqual([])
    expect(told.all('signal.failed')).toEqual([])
  })
})
