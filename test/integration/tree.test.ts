/** Looking at nodes from outside: the request, the answers, and the command that draws them. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Asker, nameOf } from '../../src/cli/tree/asker.ts'
import { useDatabase } from '../support/database.ts'
import { startOban, workerModule } from '../support/oban.ts'
import { startProgram } from '../support/program.ts'

const database = useDatabase()
beforeEach(() => database.query('TRUNCATE oban_jobs, oban_ts_producers'))

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const nodeProgram = fileURLToPath(new URL('../fixtures/shown-node.mjs', import.meta.url))

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: database.url })
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.end())

  return client
}

async function openAsker() {
  const asker = await Asker.on(await connect(), 'public')
  const { signal } = new AbortController()

  return (expected: readonly { instance: string; node: string }[], node?: string) =>
    asker.ask({ node, expected: new Set(expected.map(nameOf)), waitMs: 5_000, signal })
}

/** Start a node and wait until it hears. */
async function startNode(node: string, queues: Record<string, number> = { default: 2 }) {
  const started = await startOban({
    database: database.url,
    workers: [workerModule],
    queues,
    node,
  })
  await started.told.hears()

  return { ...started, name: { instance: started.oban.name, node } }
}

/** Start a node in a process of its own. */
async function startProcess(node: string) {
  const program = startProgram([nodeProgram, node], { env: { DATABASE_URL: database.url } })
  await program.printed('hears')

  return { ...program, name: { instance: 'Oban', node } }
}

const oban = (...args: string[]) =>
  startProgram([main, ...args], { env: { DATABASE_URL: database.url } }).ended

describe('a question', () => {
  test('is answered by every node, of this process and of another', async () => {
    const [a, b, c] = await Promise.all([startNode('a'), startNode('b'), startProcess('c')])
    const ask = await openAsker()
    const { portraits, isHearing } = await ask([a.name, b.name, c.name])

    expect(isHearing).toBe(true)
    expect(portraits.map(({ node }) => node).toSorted()).toEqual(['a', 'b', 'c'])
    const [own, other] = ['a', 'c'].map((node) => portraits.find((each) => each.node === node))
    expect(own?.process).toMatchObject({ pid: process.pid, nodeVersion: process.versions.node })
    expect(own?.tree).toMatchObject({
      phase: 'running',
      children: a.oban.snapshot().children.map(({ id }) => ({ id })),
    })
    expect(own?.queues).toMatchObject([
      { queue: 'default', limit: 2, uuid: a.oban.checkQueue('default')?.uuid },
    ])
    expect(other?.process.pid).not.toBe(process.pid)
    expect(other?.process.memoryBytes).toBeGreaterThan(1e7)
  })

  test('may be put to one node', async () => {
    const [a] = await Promise.all([startNode('a'), startNode('b')])
    const ask = await openAsker()

    expect((await ask([], 'a')).portraits.map(nameOf)).toEqual([nameOf(a.name)])
  })

  test('about 200 queues is answered in parts that are put together again', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `queue_${index}`)
    const { oban: node, told } = await startNode(
      'large',
      Object.fromEntries(names.map((name) => [name, 1])),
    )
    const ask = await openAsker()
    const { portraits } = await ask([], 'large')

    const [portrait] = portraits
    expect(portrait?.queues.map(({ queue }) => queue)).toEqual(names)
    expect(portrait?.queues).toEqual(
      node.checkAllQueues().map((state) => {
        const { instance: _, updatedAt: __, shutdownStartedAt: ___, ...queue } = state

        return { ...queue, prefetched: 0 }
      }),
    )
    expect(told.all('query.failed')).toEqual([])
  })

  test('put a hundred times at once is answered a few times', async () => {
    const { told, name } = await startNode('a')
    const client = await connect()
    let answers = 0
    client.on('notification', () => {
      answers += 1
    })
    await client.query('LISTEN "public.oban_ts:0000000a"')
    const requests = Array.from({ length: 100 }, (_, index) => {
      const payload = {
        action: 'portrait',
        reply: '0000000a',
        node: index % 2 === 0 ? 'a' : undefined,
      }

      return `SELECT pg_notify('public.oban_ts', '${JSON.stringify({ ...payload, index })}')`
    })
    await client.query(requests.join('; '))
    const ask = await openAsker()
    await ask([name])

    expect(answers).toBeGreaterThan(0)
    expect(answers).toBeLessThan(4)
    expect(told.all('query.failed')).toEqual([])
  })

  test('is not disturbed by garbage on its channels, which nodes count', async () => {
    const { oban: node, name, told } = await startNode('a')
    const client = await connect()
    for (const garbage of ['', '{', 'null', '{"action":"portrait"}', '\u0001', 'x'.repeat(7_999)]) {
      await client.query('SELECT pg_notify($1, $2)', ['public.oban_ts', garbage])
      await client.query('SELECT pg_notify($1, $2)', ['public.oban_insert', garbage])
    }
    const ask = await openAsker()
    const { portraits } = await ask([name])
    const notifier = portraits[0]?.tree.children.find(({ id }) => id === 'notifier')

    expect(notifier).toMatchObject({ state: 'up', restarts: 0, context: { ignored: 12 } })
    const { id } = await node.enqueue('Echo', {})
    await told.ended(id)
    expect(told.all('supervisor.report')).toEqual([])
  })

  test('gets the answers of others when a node dies while it answers', async () => {
    const [a, dying] = await Promise.all([startNode('a'), startProcess('dying')])
    const client = await connect()
    const heard = new Promise((resolve) => {
      client.on('notification', resolve)
    })
    await client.query('LISTEN "public.oban_ts:0000000b"')
    await client.query(
      `SELECT pg_notify('public.oban_ts', '{"action":"portrait","reply":"0000000b","node":"dying"}')`,
    )
    await heard
    const ask = await openAsker()
    const asked = ask([a.name])
    dying.signal('SIGKILL')
    const { portraits } = await asked

    expect(portraits.map(nameOf)).toContain(nameOf(a.name))
    expect((await ask([a.name])).portraits.map(nameOf)).toEqual([nameOf(a.name)])
  })

  test('finds nobody after the stop of a node, which fails at nothing', async () => {
    const { oban: node, told } = await startNode('a')
    const asker = await Asker.on(await connect(), 'public')
    const { signal } = new AbortController()
    const asked = asker.ask({ expected: new Set(), waitMs: 300, signal })
    await node.stop()
    await asked
    const { portraits, isHearing } = await asker.ask({ expected: new Set(), waitMs: 300, signal })

    expect([portraits, isHearing]).toEqual([[], true])
    expect(told.all('query.failed')).toEqual([])
  })
})

describe('oban tree', () => {
  test('draws a node that runs in another process', async () => {
    await startProcess('web-1')
    const { code, stdout, stderr } = await oban('tree')

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^web-1 cpu \d+ % · [\d.]+ MB · up [\d.]+ m?s · pid \d+ · Node.js /)
    expect(stdout).toMatch(/├─ notifier +session\.listening +0 {2}connected [\d.]+ m?s ago\n/)
    expect(stdout).toMatch(/└─ default +running +0 {2}0\/2 running\n/)
  })

  test('prints JSON, one node on a line, and again with --watch', async () => {
    const { signal } = await startProcess('web-1')
    const program = startProgram([main, 'tree', '--watch', '--json', '--interval', '0.25'], {
      env: { DATABASE_URL: database.url },
    })
    await program.printedLines(2)
    program.signal('SIGTERM')
    const { code, stdout } = await program.ended
    signal('SIGTERM')
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

    expect(code).toBe(143)
    expect(lines.length).toBeGreaterThan(1)
    expect(lines[1]).toMatchObject({
      node: 'web-1',
      instance: 'Oban',
      queues: [{ queue: 'default' }],
    })
  })

  test('ends a watch when the reader has gone', async () => {
    await startProcess('web-1')
    const script = `'${process.execPath}' '${main}' tree --watch --interval 0.25 | head -1`
    const ended = await new Promise((resolve) => {
      const env = { ...process.env, DATABASE_URL: database.url }
      execFile('/bin/sh', ['-c', script], { env }, (error, stdout) => resolve([error, stdout]))
    })

    expect(ended).toEqual([null, expect.stringMatching(/^web-1 cpu .*\n$/)])
  })

  test('says what to check when nobody answers', async () => {
    await database.query(
      `INSERT INTO oban_ts_producers (uuid, name, node, queue)
       VALUES (gen_random_uuid(), 'Oban', 'frozen', 'media')`,
    )
    const { code, stdout, stderr } = await oban('tree')

    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/ {2}frozen \(Oban\): media; last heartbeat \d+ s ago\n/)
    expect(stderr).toMatch(/oban: no node answered within 2 s\n$/)
  })

  test.each([
    [['--interval', '5'], '--interval is for --watch'],
    [['--watch', '--interval', 'soon'], '--interval is 0.25 to 3600 seconds, not "soon"'],
    [['--watch', '--interval', '0.1'], '--interval is 0.25 to 3600 seconds, not "0.1"'],
  ])('is misused with %j', async (args, message) => {
    expect(await oban('tree', ...args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    })
  })
})
