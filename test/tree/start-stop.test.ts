import { describe, expect, onTestFinished, test } from 'vitest'
import { Oban } from '../../src/oban.ts'
import type { ObanOptions } from '../../src/config/options.ts'
import { connectTo, useDatabase } from '../support/database.ts'
import { startStopStress } from '../support/start-stop.ts'
import { listenTo } from '../support/telemetry.ts'

const database = useDatabase()

function makeOban(options: ObanOptions = {}) {
  const oban = new Oban({
    database: database.url,
    workers: [new URL('../fixtures/threads.js', import.meta.url)],
    queues: { default: 2, inline: { limit: 2, execution: 'inline' } },
    logger: false,
    shutdownGracePeriod: { milliseconds: 100 },
    ...options,
  })
  onTestFinished(() => oban.stop())

  return oban
}

describe('an instance', () => {
  test('leaves nothing behind, started and stopped over and over', async () => {
    await startStopStress(async () => {
      const oban = makeOban()
      await oban.start()

      return () => oban.stop()
    }, 5)
  })

  test('leaves nothing behind when it ran jobs', async () => {
    await startStopStress(async () => {
      const oban = makeOban()
      const told = listenTo(oban.name)
      await oban.start()
      const jobs = await Promise.all(
        ['default', 'inline'].map((queue) => oban.enqueue('Where', {}, { queue })),
      )
      await Promise.all(jobs.map(({ id }) => told.ended(id)))
      told.detach()

      return () => oban.stop()
    }, 3)
  })

  test('leaves nothing behind when it is stopped while it starts', async () => {
    await startStopStress(() => {
      const oban = makeOban()
      const starting = oban.start()

      return async () => {
        await Promise.allSettled([starting, oban.stop()])
      }
    }, 3)
  })

  test('has its queues once it has started', async () => {
    const oban = makeOban()
    await oban.start()

    expect(oban.checkAllQueues().map(({ queue }) => queue)).toEqual(['default', 'inline'])
  })

  test('ends by force, though a job runs', async () => {
    const oban = makeOban({ shutdownGracePeriod: 'infinity' })
    const told = listenTo(oban.name)
    onTestFinished(told.detach)
    await oban.start()
    const { id } = await oban.enqueue('Deaf')
    await told.until('job.log', ({ fields }) => fields['id'] === id)
    await oban.stop({ force: true })

    await expect(oban.enqueue('Where')).rejects.toThrow('stop')
  })

  test('ends by force while it stops in order', async () => {
    const oban = makeOban({ shutdownGracePeriod: 'infinity' })
    const told = listenTo(oban.name)
    onTestFinished(told.detach)
    await oban.start()
    const { id } = await oban.enqueue('Deaf')
    await told.until('job.log', ({ fields }) => fields['id'] === id)
    const stopped = oban.stop()
    await oban.stop({ force: true })

    expect(await stopped).toBeUndefined()
  })

  test('stops while the database does not answer', async () => {
    const oban = makeOban()
    await oban.start()
    const client = await connectTo(database.url)
    await client.query('BEGIN')
    await client.query('LOCK oban_ts_producers, oban_jobs')

    expect(await oban.stop()).toBeUndefined()
  })
})
