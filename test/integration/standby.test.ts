/** A server that becomes a standby for a while, as after a failover to the wrong side. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { makeOban, startOban, workerModule } from '../support/oban.ts'
import { startPrivateServer } from '../support/server.ts'
import { say } from '../support/say.ts'

async function startServer() {
  const server = await startPrivateServer({ settings: { wal_level: 'replica' } })
  onTestFinished(server.remove)
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await install(client, { prefix: 'public' })
  await client.end()
  const query = async (text: string): Promise<unknown[]> => {
    const session = new Client({ connectionString: server.url })
    await session.connect()
    try {
      return (await session.query(text)).rows
    } finally {
      await session.end()
    }
  }

  return {
    url: server.url,
    query,
    /** It answers then, and neither takes writes nor lets anybody listen. */
    demote: async () => {
      await server.stop()
      await writeFile(join(server.dataDir, 'data', 'standby.signal'), '')
      await server.start()
    },
    promote: () => query('SELECT pg_promote()'),
  }
}

const listeners = `SELECT pid FROM pg_stat_activity WHERE application_name = 'oban-ts:notifier'`

test('a server in recovery is waited out: few tries, no connection left, and then all goes on', async () => {
  const { demote, promote, query, url } = await startServer()
  const lines: string[] = []
  const note = (line: unknown) => lines.push(String(line))
  const { oban, told } = await startOban({
    database: url,
    workers: [workerModule],
    queues: { default: 2 },
    // Only a notification can tell of a job.
    stager: { interval: { hours: 1 } },
    logger: { debug: () => {}, info: () => {}, warn: note, error: note },
  })
  await told.hears()
  const { id } = await oban.enqueue('Wait', { word: 'standby' })
  await told.until('job.log')
  await demote()

  const refused = () =>
    told
      .all('query.failed')
      .filter(({ source, error }) => source === 'notifier' && /recovery/.test(String(error)))
  await told.until('query.failed', () => refused().length === 1)
  const fromMs = performance.now()
  const saidBefore = lines.length
  await told.until('query.failed', () => refused().length === 5)
  const tookSeconds = (performance.now() - fromMs) / 1_000
  // From 0.2 s on each wait is longer, so that five tries are not over in a moment.
  expect(tookSeconds).toBeGreaterThan(2)
  const sources = new Set(told.all('query.failed').map(({ source }) => source))
  expect((lines.length - saidBefore) / sources.size / tookSeconds).toBeLessThan(2)
  expect((await query(listeners)).length).toBeLessThanOrEqual(1)
  await expect(oban.enqueue('Echo', {})).rejects.toThrow('read-only')

  say('standby')
  await promote()
  await told.ended(id)
  await told.count('notifier.switch', 3)
  const { oban: client } = makeOban({ database: url })
  const next = await client.enqueue('Echo', {})
  await told.ended(next.id)

  expect(await client.getJob(id)).toMatchObject({ state: 'completed', attempt: 1 })
  expect(await query(listeners)).toHaveLength(1)
  expect(told.all('supervisor.report')).toEqual([])
})
