import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { startOban, workerModule } from '../support/oban.ts'
import { say } from '../support/say.ts'
import { startPrivateServer } from '../support/server.ts'

/** The process that writes commits to the disk that nobody waited for. */
const WRITER = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'"

test('a job whose claim a crash of the server undoes runs again, and its first run is aborted', async () => {
  const server = await startPrivateServer()
  onTestFinished(() => server.remove())
  const client = new Client({ connectionString: server.url })
  client.on('error', () => {})
  await client.connect()
  await install(client, { prefix: 'public' })
  const { rows } = await client.query<{ pid: number }>(WRITER)
  const writer = rows[0]?.pid
  // A signal to nobody would go to the tests themselves.
  if (writer === undefined) throw new Error('the server has no process that writes its log')
  const { oban, told } = await startOban({
    database: server.url,
    workers: [workerModule],
    queues: { default: 5 },
    synchronousCommit: { fetch: 'off' },
  })
  // What it does not write within the second until the crash is lost.
  process.kill(writer, 'SIGSTOP')
  const { id } = await oban.enqueue('Wait', { word: 'twice' })
  await told.until('job.log', ({ message }) => message === 'begun')
  await server.kill9()
  process.kill(writer, 'SIGKILL')
  await server.start()
  await told.until('job.log', ({ message }) => message === 'aborted')
  await told.count('job.start', 2)
  say('twice')
  await told.ended(id)

  expect(told.all('job.start')).toMatchObject([{ id }, { id }])
  expect(await oban.getJob(id)).toMatchObject({ state: 'completed', attempt: 1, errors: [] })
})
