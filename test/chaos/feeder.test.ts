import { once } from 'node:events'
import { DatabaseError } from 'pg'
import { describe, expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import { makeOban } from '../support/oban.ts'
import { doomed, feed, roomFor } from './feeder.ts'
import { Plain } from './jobs.ts'

const database = useDatabase()

const query = <Row extends object>(text: string) =>
  database.query<Row & Record<string, unknown>>(text)

const plain = (queue: string) => Plain.new({ ms: 1 }, { queue })

function refusal(code: string): DatabaseError {
  return Object.assign(new DatabaseError(code, 0, 'error'), { code })
}

describe('a feeder', () => {
  test('tells at once what breaks it off, and again when it is stopped', async () => {
    const broken = new AbortController()
    const feeder = feed(() => Promise.reject(refusal('23505')), {
      everyMs: 1,
      onBroken: (error) => broken.abort(error),
    })
    await once(broken.signal, 'abort')
    const error: unknown = broken.signal.reason

    expect(String(error)).toBe('Error: a feeder broke off: error: 23505')
    await expect(feeder.stop()).rejects.toBe(error)
  })

  test('goes on when the database is back', async () => {
    const outages = [refusal('57P01'), refusal('25006')]
    const feeder = await new Promise<ReturnType<typeof feed>>((resolve, reject) => {
      const enqueue = () => {
        const outage = outages.shift()
        if (outage) return Promise.reject(outage)
        resolve(started)

        return Promise.resolve([])
      }
      const started = feed(enqueue, { everyMs: 1, onBroken: reject })
    })
    await feeder.stop()

    expect(outages).toEqual([])
  })

  test('leaves out what would go to a queue that is full', async () => {
    const { oban } = makeOban({ database: database.url })
    await oban.enqueueMany([plain('full'), plain('full'), plain('other')])
    const requests = [plain('full'), plain('other')]

    expect(await roomFor(requests, query, 2)).toEqual([requests[1]])
    expect(await roomFor(requests, query, 3)).toEqual(requests)
  })

  test('marks what it is going to roll back, should it be stored', async () => {
    const { oban } = makeOban({ database: database.url })
    const jobs = await oban.enqueueMany(doomed([plain('doomed')]))

    expect(jobs.map(({ queue, meta }) => ({ queue, meta }))).toEqual([
      { queue: 'doomed', meta: { rolledBack: true } },
    ])
  })
})
