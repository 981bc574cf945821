/** `oban queues` as a user runs it, with nodes of this process. */
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import { administer, useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'
import { startProgram } from '../support/program.ts'
import { startTerminal } from '../support/terminal.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers, oban_ts_leaders'))

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const envOf = () => ({ DATABASE_URL: database.url, NO_COLOR: '1' })
const program = (...args: string[]) => startProgram([main, ...args], { env: envOf() })
const oban = (...args: string[]) => program(...args).ended

/** Start a node and wait until it hears. */
async function startNode(node: string, queues: Record<string, number> = { media: 10 }) {
  const started = await startOban({
    database: database.url,
    workers: [workerModule],
    queues,
    node,
  })
  await started.told.hears()

  return started
}

/** Rows as others would leave them. */
async function insert(state: string, queue: string, count = 1): Promise<void> {
  await database.query(
    `INSERT INTO oban_jobs (state, queue, worker, scheduled_at)
     SELECT $1::oban_job_state, $2, 'Nobody', timezone('UTC', now()) - interval '10 min'
       FROM generate_series(1, $3)`,
    [state, queue, count],
  )
}

describe('oban queues', () => {
  test('puts together what nodes and database know', async () => {
    await Promise.all([startNode('web-1'), startNode('web-2', { media: 5, mailers: 3 })])
    await insert('available', 'abandoned', 1_204)
    await insert('completed', 'done')
    await database.query(
      `INSERT INTO oban_ts_producers (uuid, name, node, queue)
       VALUES (gen_random_uuid(), 'Oban', 'frozen', 'mailers')`,
    )
    const [{ code, stdout, stderr }, asJson] = await Promise.all([
      oban('queues'),
      oban('queues', '--json'),
    ])

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.trimEnd().split('\n')).toEqual([
      'queue      nodes  running  available  oldest  scheduled  retryable  executing  state',
      'abandoned      0               1,204  10 min          0          0          0  no node',
      'mailers        2      0/3          0                  0          0          0  1 silent',
      'media          2     0/15          0                  0          0          0',
    ])
    const { queues, silentNodes } = JSON.parse(asJson.stdout)
    expect(silentNodes).toEqual(['Oban on frozen'])
    expect(queues).toMatchObject([
      { queue: 'abandoned', available: 1_204, estimated: [], running: null, nodes: [] },
      { queue: 'mailers', nodes: [{ node: 'frozen', answered: false }, { node: 'web-2' }] },
      { queue: 'media', running: 0, limit: 15, nodes: [{ limit: 10 }, { limit: 5 }] },
    ])
  })

  test('estimates what is too much to be counted each second', async () => {
    await insert('scheduled', 'media', 5_000)
    await database.query('ANALYZE oban_jobs')
    const { queues } = JSON.parse((await oban('queues', '--json')).stdout)

    expect(queues).toMatchObject([{ queue: 'media', estimated: ['scheduled'] }])
    expect(queues[0].scheduled).toBeGreaterThanOrEqual(2_000)
    expect((await oban('queues')).stdout).toMatch(/ ~\d,\d{3} /)
  })

  test('looks again and again, also in a pipe', async () => {
    await startNode('web-1')
    const watch = program('queues', '--watch', '--json', '--interval', '0.25')
    await watch.printedLines(2)
    watch.signal('SIGTERM')
    const { code, stdout } = await watch.ended

    expect(code).toBe(143)
    for (const line of stdout.trimEnd().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ queues: [{ queue: 'media', limit: 10 }] })
    }
  })

  test('lives over an outage of the database, which it shows', async () => {
    await startNode('web-1')
    const { shows, press, ended } = startTerminal(
      [main, 'queues', '--watch', '--interval', '0.25'],
      {
        columns: 120,
        env: envOf(),
      },
    )
    await shows('1 queue on 1 node')
    const [{ name } = { name: '' }] = await database.query<{ name: string }>(
      'SELECT current_database() AS name',
    )
    // Nobody gets in, and who is in is thrown out.
    await administer(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`)
    await administer(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '${name}' AND application_name IN ('oban-ts:cli', 'oban-ts:notifier')`,
    )
    await shows('no database for')
    await administer(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`)
    await shows('1 queue on 1 node')
    press('q')

    expect((await ended).code).toBe(0)
  })

  test.each([
    [['--interval', '5'], '--interval is for --watch'],
    [['--limit', '5'], '--limit is for oban queues scale, start'],
    [['puase', 'media'], 'oban queues has no "puase"; did you mean "pause"?'],
    [['pause'], 'which queue? oban queues pause media'],
    [['pause', 'a', 'b'], 'one queue at a time; "b" is too much'],
    [['pause', 'a', '--all'], '--all means every queue; leave out its name'],
    [['stop', 'a', '--all'], '--all is for oban queues pause, resume'],
    [['scale', 'a'], 'scale to what? Give --limit, --threads or both'],
    [['scale', 'a', '--limit', 'x'], '--limit is a number from 1 to 10000, not "x"'],
    [
      ['scale', 'a', '--limit', '2', '--threads', '4'],
      'oban: --threads: expected at most the limit of 2, found 4\nRun "oban queues --help"',
    ],
    [
      ['start', 'a', '--limit', '2', '--threads', '4'],
      'oban: --threads: expected at most the limit of 2, found 4\n',
    ],
    [['scale', 'a', '--limit', '20000'], 'oban: --limit: expected at most 10000 for nodes that'],
    [['start', 'a'], 'start with which limit? Give --limit'],
  ])('is misused with %j', async (args, message) => {
    expect(await oban('queues', ...args)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
  })
})

describe('a command', () => {
  test('is for every node, and shown as done once it is', async () => {
    const [a, b] = await Promise.all([startNode('web-1'), startNode('web-2')])
    const { code, stdout, stderr } = await oban('queues', 'pause', 'media')

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.trimEnd().split('\n')).toEqual([
      `web-1 (${a.oban.name}): media is paused, 0/10 running, threads 1`,
      `web-2 (${b.oban.name}): media is paused, 0/10 running, threads 1`,
    ])
    expect([a, b].map(({ oban: node }) => node.checkQueue('media')?.paused)).toEqual([true, true])
    expect((await oban('queues')).stdout).toMatch(/ {2}paused\n$/)

    expect((await oban('queues', 'resume', '--all')).code).toBe(0)
    expect([a, b].map(({ oban: node }) => node.checkQueue('media')?.paused)).toEqual([false, false])
  })

  test('may be for one node', async () => {
    const [a, b] = await Promise.all([startNode('web-1'), startNode('web-2')])
    const scale = ['queues', 'scale', 'media', '--limit', '4', '--threads', '2']
    const { code, stdout } = await oban(...scale, '--node', 'web-2')

    expect([code, stdout]).toEqual([
      0,
      `web-2 (${b.oban.name}): media runs, 0/4 running, threads 2\n`,
    ])
    expect([a, b].map(({ oban: node }) => node.checkQueue('media')?.limit)).toEqual([10, 4])
    expect(await oban('queues', 'pause', 'media', '--node', 'web-9')).toMatchObject({
      code: 1,
      stderr: 'oban: node "web-9" shows no life; these do: web-1, web-2\n',
    })
  })

  test('stops a queue, and starts one', async () => {
    const { oban: node } = await startNode('web-1', { media: 10, mailers: 2 })

    expect(await oban('queues', 'stop', 'media')).toMatchObject({
      code: 0,
      stdout: `web-1 (${node.name}): media is not there\n`,
    })
    expect(node.checkAllQueues().map(({ queue }) => queue)).toEqual(['mailers'])
    const started = await oban('queues', 'start', 'media', '--limit', '3', '--json')
    expect(JSON.parse(started.stdout)).toMatchObject({
      action: 'start',
      queue: 'media',
      nodes: [{ node: 'web-1', hasObeyed: true }],
    })
    expect(node.checkQueue('media')?.limit).toBe(3)
  })

  test('says so when no node has the queue', async () => {
    await startNode('web-1')

    expect(await oban('queues', 'pause', 'medai')).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'oban: no node that answers runs queue "medai" (they run: media); did you mean "media"?\n',
    })
  })

  test('says which node cannot do what was asked', async () => {
    const { oban: node } = await startOban({
      database: database.url,
      workers: [workerModule],
      queues: { media: { limit: 5, execution: 'inline' } },
      node: 'web-1',
    })
    const { code, stderr } = await oban('queues', 'scale', 'media', '--threads', '2')

    expect(code).toBe(1)
    expect(stderr).toContain(
      `web-1 (${node.name}): media runs, 0/5 running, inline: not as asked (yet)\n`,
    )
  })
})
