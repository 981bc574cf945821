import { describe, expect, test } from 'vitest'
import { connectTo, createDatabase, useDatabase } from '../support/database.ts'
import { startControlledNode } from '../support/controlled-node.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { startProxy } from '../support/proxy.ts'
import { untilSeen } from '../support/seen.ts'
import { startTree } from '../support/tree.ts'

const database = useDatabase()

const isolated = () => ({
  database: database.url,
  notifier: 'isolated' as const,
  workers: [workerModule],
  queues: { default: 2 },
})

/** A database under another address: instances that give it do not hear those that do not. */
function elsewhere(given: string): string {
  const url = new URL(given)
  url.hostname = url.hostname === 'localhost' ? '127.0.0.1' : 'localhost'

  return url.href
}

/** Everything that PostgreSQL is asked to tell anybody of this schema. */
async function overhear() {
  const client = await connectTo(database.url)
  const heard: string[] = []
  client.on('notification', ({ channel, payload }) => heard.push(`${channel} ${payload}`))
  for (const subject of ['insert', 'leader', 'signal', 'sonar', 'ts']) {
    await client.query(`LISTEN "public.oban_${subject}"`)
  }

  return { client, heard }
}

describe('an isolated instance', () => {
  test('listens to nobody and notifies nobody', async () => {
    const { client, heard } = await overhear()
    const { oban, told } = await startOban(isolated())
    await told.hears()
    const { id } = await oban.enqueue('Wait', {})
    await told.until('job.log')
    await oban.enqueue('Echo', {}, { client, queue: 'other' })
    await oban.pauseQueue('default')
    await oban.cancelJob(id)
    await oban.startQueue('late', 1)
    await told.until('job.log', ({ fields }) => fields['code'] === 'OBAN_CANCELLED')
    const listeners = await database.query(
      `SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'oban-ts:notifier'`,
    )
    await oban.stop()
    // What was sent before arrives before this.
    await client.query(`NOTIFY "public.oban_ts", 'the end'`)
    await client.query('SELECT 1')

    expect(listeners).toEqual([])
    expect(heard).toEqual(['public.oban_ts the end'])
    expect(told.all('query.failed')).toEqual([])
  })

  test('hears those of its process at once: jobs, cancellations and signals', async () => {
    const a = await startOban({ ...isolated(), stager: { interval: { minutes: 10 } } })
    const { oban: b, told } = await startOban({
      database: database.url,
      notifier: 'isolated',
    })
    await told.until('notifier.switch', ({ status }) => status === 'clustered')
    const { id } = await b.enqueue('Wait', {})
    await a.told.until('job.log')
    await b.cancelJob(id)
    await a.told.until('job.log', ({ fields }) => fields['code'] === 'OBAN_CANCELLED')
    await b.pauseQueue('default')
    await untilSeen(a.oban, () => a.oban.checkQueue('default')?.paused === true)

    expect((await b.health()).notifier).toBe('clustered')
  })

  test('finds by polling what comes from elsewhere', async () => {
    const { database: url, notifier, queues } = isolated()
    const there = await startControlledNode({ database: url, notifier, queues })
    const { oban } = makeOban({ database: database.url, notifier: 'isolated' })
    const { id } = await oban.enqueue('Wait', {})
    await there.until('job.log')
    expect(await oban.cancelJob(id)).toBe(true)
    // The next heartbeat compares what it runs with the database.
    await there.until('job.log', ({ message }) => message === 'aborted')

    await oban.pauseQueue('default')
    const next = await oban.enqueue('Echo', {})
    await there.until('job.stop', (told) => told.id === next.id)
    await there.shows([{ queue: 'default', limit: 2, paused: false, threads: 1 }])
    await there.until('notifier.switch', ({ status }) => status === 'solitary')
  })

  test('leads when the lease of a leader that it does not hear is over', async () => {
    const alone = await createDatabase()
    try {
      const name = 'Isolated'
      const options = { name, notifier: 'isolated' as const, queues: {} }
      const first = await startTree(alone.url, { ...options, node: 'a' }, { leaseMs: 2_000 })
      await first.told.until('peer.election', ({ leader }) => leader)
      const second = await startTree(
        elsewhere(alone.url),
        { ...options, node: 'b' },
        { leaseMs: 2_000 },
      )
      await second.told.until('peer.election', ({ leader }) => !leader)
      await first.stop()
      await second.told.until('peer.election', ({ leader }) => leader)
      await second.stop()
    } finally {
      await alone.drop()
    }
  })
})

describe('a node that listens and hears nothing', () => {
  test('is isolated, and runs and cancels jobs all the same', async () => {
    const proxy = await startProxy(database.url, { deafTo: 'oban-ts:notifier' })
    const { oban, told } = await startOban({
      database: proxy.url,
      workers: [workerModule],
      queues: { default: 1 },
    })
    await told.until('notifier.switch', ({ status }) => status === 'isolated')
    await told.until('stager.switch', ({ mode }) => mode === 'local')
    const { oban: client } = makeOban({ database: database.url })
    const { id } = await client.enqueue('Wait', {})
    await told.until('job.log')
    await client.cancelJob(id)
    await told.until('job.log', ({ fields }) => fields['code'] === 'OBAN_CANCELLED')
    const echo = await client.enqueue('Echo', {})
    await told.ended(echo.id)
    const { ok, notifier, problems } = await oban.health()

    expect([ok, notifier, problems.map(({ part }) => part)]).toEqual([
      true,
      'isolated',
      ['notifier'],
    ])
  })
})

describe('a node whose listener never comes up', () => {
  test('says so from its start on, and polls', async () => {
    const { oban, told } = await startOban({
      database: { url: database.url, listen: 'postgres://nobody@127.0.0.1:1/none' },
      workers: [workerModule],
      queues: { default: 1 },
    })
    await told.until('query.failed', ({ source }) => source === 'notifier')
    await told.until('notifier.switch', ({ status }) => status === 'isolated')
    const { oban: client } = makeOban({ database: database.url })
    for (const time of [1, 2]) {
      const { id } = await client.enqueue('Echo', { time })
      await told.ended(id)
    }

    expect((await oban.health()).notifier).toBe('isolated')
    expect(told.all('supervisor.report')).toEqual([])
  })
})

describe('instances at other addresses of one database', () => {
  test('do not hear each other when they are isolated', async () => {
    const a = await startOban(isolated())
    const b = await startOban({ ...isolated(), database: elsewhere(database.url) })
    await Promise.all([a, b].map(({ told }) => told.hears()))
    await a.oban.pauseQueue('default')
    const { id } = await b.oban.enqueue('Echo', {})
    await b.told.ended(id)

    expect([a, b].map(({ oban }) => oban.checkQueue('default')?.paused)).toEqual([true, false])
    expect([a, b].map(({ told }) => told.all('notifier.switch').at(-1)?.status)).toEqual([
      'solitary',
      'solitary',
    ])
  })
})
