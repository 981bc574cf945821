import { Client } from 'pg'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { isLeading } from '../../src/runtime/nodes/lead.ts'
import { loadFixture } from '../engine/empty-database.ts'
import { useDatabase } from '../support/database.ts'
import { beliefsOf, overlaps, startLeaderProcess } from '../support/leader-process.ts'
import { makeOban, startOban } from '../support/oban.ts'
import { startPrivateServer } from '../support/server.ts'
import { history, usurped } from '../support/terms.ts'
import { kill, startTree } from '../support/tree.ts'

const database = useDatabase()

beforeEach(async () => {
  await database.query(history)
  await database.query('TRUNCATE oban_ts_leaders, terms')
})

/** Nodes of one instance in this process, none of which runs jobs. */
async function startNodes(count: number, leaseMs?: number) {
  const lease = leaseMs === undefined ? {} : { leaseMs }
  const nodes = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startTree(
        database.url,
        { name: 'Elect', node: `node.${index}`, queues: {}, workers: [] },
        lease,
      ),
    ),
  )
  await Promise.all(nodes.map(({ told }) => told.until('peer.election')))
  await Promise.all(nodes.map(({ told }) => told.hears()))

  return nodes
}

type Node = Awaited<ReturnType<typeof startTree>>

const leads = ({ runtime }: Node) => isLeading(runtime)

describe('leadership', () => {
  test('is with one of five nodes, and goes over at once when that one stops', async () => {
    let nodes = await startNodes(5)
    const tookMs: number[] = []
    while (nodes.length > 1) {
      const leaders = nodes.filter(leads)
      expect(leaders).toHaveLength(1)
      const others = nodes.filter((node) => !leads(node))
      const startedAt = performance.now()
      const stopped = leaders[0]?.stop()
      await Promise.race(
        others.map(({ told }) => told.until('peer.election', ({ leader }) => leader)),
      )
      tookMs.push(performance.now() - startedAt)
      await stopped
      nodes = others
    }

    // A few milliseconds each on a quiet machine.
    expect(Math.max(...tookMs)).toBeLessThan(1_000)
    expect(await database.query(usurped)).toEqual([])
    expect(await database.query('SELECT count(*)::int FROM terms')).toEqual([{ count: 5 }])
  })

  test('leaves no row behind when the last node stops', async () => {
    const [node] = await startNodes(1)
    await node?.stop()

    expect(await database.query('SELECT node FROM oban_ts_leaders')).toEqual([])
  })

  test('is taken from processes that are killed or frozen when their lease ends, not before', async () => {
    const leaseMs = 1_500
    const nodes = Array.from({ length: 3 }, () => startLeaderProcess(database.url, leaseMs))
    await Promise.all(nodes.map((node) => node.until(({ event }) => event === 'connected')))
    const elected = (node: (typeof nodes)[number], from = 0) =>
      node.until(({ leader, wasLeader }) => leader === true && wasLeader === false, from)
    const first = await Promise.race(nodes.map((node) => elected(node).then(() => node)))

    first.signal('SIGKILL')
    const killedAtMs = Date.now()
    const left = nodes.filter((node) => node !== first)
    const second = await Promise.race(
      left.map(async (node) => ({ node, told: await elected(node) })),
    )
    expect(second.told.atMs - killedAtMs).toBeLessThan(leaseMs + 5_000)

    const third = left.filter((node) => node !== second.node)
    const frozen = second.node
    frozen.signal('SIGSTOP')
    const seen = frozen.told.length
    await Promise.all(third.map((node) => elected(node)))
    frozen.signal('SIGCONT')
    await frozen.until(({ leader, wasLeader }) => leader === false && wasLeader === true, seen)

    const askedAtMs = Date.now()
    await Promise.all(third.map((node) => node.stop()))
    const again = await elected(frozen, seen)
    expect(again.atMs - askedAtMs).toBeLessThan(1_000)

    expect(overlaps(nodes.flatMap(beliefsOf))).toEqual([])
    expect(await database.query(usurped)).toEqual([])
  })

  test('comes back to a node whose peer has crashed, without a gap for others', async () => {
    const nodes = await startNodes(2)
    const leader = nodes.find(leads)
    const count = leader?.told.all('peer.election').length ?? 0
    if (leader) kill(leader.root, 'peer')
    await leader?.told.count('peer.election', count + 1)

    expect(nodes.filter(leads)).toEqual([leader])
    expect(await database.query('SELECT DISTINCT node FROM terms')).toHaveLength(1)
  })

  test('is not sought by a node that is not to lead', async () => {
    const { oban, told } = await startOban({ database: database.url, leadership: false })
    await told.hears()
    const health = await oban.health()

    expect([oban.isLeader, told.all('peer.election')]).toEqual([false, []])
    expect(health.leader).toEqual({ isLeader: false, node: null })
    expect(oban.snapshot().children.map(({ id }) => id)).not.toContain('peer')
  })

  test("is nobody's before the start and after the stop", async () => {
    const { oban, told } = makeOban({ database: database.url })
    expect(oban.isLeader).toBe(false)
    await oban.start()
    await told.until('peer.election')
    expect(oban.isLeader).toBe(true)
    await oban.stop()

    expect(oban.isLeader).toBe(false)
  })

  test('ignores what others say on its channel', async () => {
    const [node] = await startNodes(1)
    const count = node?.told.all('peer.election').length
    for (const payload of ['', 'x', '{"down":"Elect"}', '{"action":"resign","name":"Other"}']) {
      await database.query(`SELECT pg_notify('public.oban_ts', $1)`, [payload])
    }
    // Heard after the others.
    await database.query(`SELECT pg_notify('public.oban_insert', '{"queue":"x"}')`)

    expect(node?.told.all('peer.election')).toHaveLength(count ?? 0)
    expect(node?.told.all('query.failed')).toEqual([])
  })

  test('of oban-py beside ours is told at the start, and only then', async () => {
    const client = await database.pool.connect()
    await loadFixture(client, 'schema_python', {
      prefix: 'py',
      edit: (sql) => `CREATE SCHEMA py; ${sql}`,
    })
    await loadFixture(client, 'schema_python_tables', { prefix: 'py' })
    await install(client, { prefix: 'py' })
    client.release()
    const options = { database: database.url, prefix: 'py' }
    const alone = await startOban(options)
    await database.query(
      `INSERT INTO py.oban_leaders (name, node, elected_at, expires_at)
       VALUES ('Oban', 'py.1', now(), timezone('UTC', now()) - interval '10 s')`,
    )
    const beside = await startOban(options)

    expect(alone.told.all('python.leads')).toEqual([])
    expect(beside.told.all('python.leads')).toMatchObject([{ nodes: ['py.1'] }])
  })

  test('lives through a restart of the database', async () => {
    const server = await startPrivateServer()
    onTestFinished(() => server.remove())
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await install(client, { prefix: 'public' })
    await client.query(history)
    await client.end()
    const options = { name: 'Elect', queues: {}, workers: [] }
    const start = (node: string) => startTree(server.url, { ...options, node }, { leaseMs: 3_000 })
    const nodes = await Promise.all([start('node.0'), start('node.1')])
    await Promise.all(nodes.map(({ told }) => told.until('peer.election')))
    const before = nodes.map(({ told }) => told.all('peer.election').length)
    await server.restart('immediate')
    await Promise.race(
      nodes.map(({ told }, index) =>
        told.until(
          'peer.election',
          (event) =>
            event.leader && told.all('peer.election').indexOf(event) >= (before[index] ?? 0),
        ),
      ),
    )
    const after = new Client({ connectionString: server.url })
    await after.connect()
    const { rows } = await after.query(usurped)
    await after.end()

    expect(nodes.filter(leads)).toHaveLength(1)
    expect(rows).toEqual([])
    await Promise.all(nodes.map(({ stop }) => stop()))
  })
})
