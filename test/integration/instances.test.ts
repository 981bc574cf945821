/** Several instances in one process, each with its own schema, queues, leader and periodic jobs. */
import { Client } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { ConfigError } from '../../src/errors.ts'
import { Oban } from '../../src/oban.ts'
import type { ObanOptions } from '../../src/config/options.ts'
import { useDatabase } from '../support/database.ts'
import { makeOban, startOban } from '../support/oban.ts'
import { defineWorker } from '../../src/worker.ts'

const database = useDatabase()

const Note = defineWorker({ name: 'Note', process: () => undefined })

const inline = { limit: 2, execution: 'inline' } as const

async function installed(prefix: string): Promise<string> {
  const client = new Client(database.url)
  await client.connect()
  await install(client, { prefix })
  await client.end()

  return prefix
}

/** An instance that leads its schema. */
async function startLeader(options: ObanOptions) {
  const made = await startOban({ database: database.url, workers: [Note], ...options })
  if (!made.oban.isLeader) await made.told.until('peer.election', () => made.oban.isLeader)

  return made
}

function cron(name: string) {
  return { crontab: [{ worker: 'Elsewhere', expression: '0 0 1 1 *', name }] }
}

describe('two instances in one process', () => {
  test('have queues, leaders and periodic jobs of their own', async () => {
    const prefix = await installed('other')
    const one = await startLeader({ name: 'One', queues: { default: inline }, cron: cron('a') })
    const two = await startLeader({
      name: 'Two',
      prefix,
      queues: { default: inline, late: inline },
      cron: cron('b'),
    })

    expect([one.oban.isLeader, two.oban.isLeader]).toEqual([true, true])
    expect(one.oban.listCrons().map(({ name }) => name)).toEqual(['a'])
    expect(two.oban.listCrons().map(({ name }) => name)).toEqual(['b'])
    expect(one.oban.checkQueue('late')).toBeUndefined()
    await two.oban.pauseQueue('default')
    expect(one.oban.checkQueue('default')?.paused).toBe(false)

    const ended = [one.told.until('job.stop'), two.told.until('job.stop')]
    await Note.enqueue({}, { oban: 'One' })
    await Note.enqueue({}, { oban: 'Two', queue: 'late' })
    await Note.enqueue({}, { oban: 'Two' })
    const queues = (await Promise.all(ended)).map(({ instance, queue }) => `${instance} ${queue}`)

    expect(queues).toEqual(['One default', 'Two late'])
    const waiting = 'SELECT queue, state FROM other.oban_jobs ORDER BY id'
    expect(await database.query(waiting)).toMatchObject([
      { queue: 'late' },
      { queue: 'default', state: 'available' },
    ])
    expect(Oban.get('Two')).toBe(two.oban)
  })

  test('of one name are refused in two schemas', async () => {
    const prefix = await installed('third')
    await startOban({ name: 'Same', database: database.url })
    const { oban } = makeOban({ name: 'Same', prefix, database: database.url })

    await expect(oban.start()).rejects.toThrow(
      new ConfigError([
        {
          path: 'name',
          message:
            'an instance named "Same" runs in this process already, in schema "public"; ' +
            'give one of them another name, or stop that one first',
        },
      ]),
    )
  })

  test('of one name are nodes of one instance, with names of their own', async () => {
    const options = { name: 'Pair', database: database.url }
    const first = await startOban({ ...options, node: 'a' })
    await startOban({ ...options, node: 'b' })
    const again = new Oban({ ...options, node: 'a', logger: false })
    onTestFinished(() => again.stop())

    await expect(again.start()).rejects.toThrow(
      'invalid configuration: node: node "a" of the instance "Pair" runs in this process already',
    )
    await first.oban.stop()
    await again.start()
    expect((await again.health()).ok).toBe(true)
  })
})
