/** Five nodes that are frozen and killed while their database restarts. */
import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import {
  beliefsOf,
  overlaps,
  startLeaderProcess,
  type LeaderProcess,
  type Told,
} from '../support/leader-process.ts'
import { startPrivateServer } from '../support/server.ts'
import { history, usurped } from '../support/terms.ts'

const LEASE_MS = 3_000

async function startServer() {
  const server = await startPrivateServer()
  onTestFinished(() => server.remove())
  const ask = async (text: string): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await install(client, { prefix: 'public' })
  await client.end()
  await ask(history)

  return { server, ask }
}

interface Lead {
  readonly node: LeaderProcess
  readonly told: Told
}

/** Who leads next among these nodes: one that is elected, or that renews its lease, from now on. */
function nextLead(nodes: readonly LeaderProcess[]): Promise<Lead> {
  return Promise.race(
    nodes.map(async (node) => {
      const told = await node.until(({ leader }) => leader === true, node.told.length)

      return { node, told }
    }),
  )
}

const without = (nodes: readonly LeaderProcess[], ...gone: readonly LeaderProcess[]) =>
  nodes.filter((node) => !gone.includes(node))

test('leadership never overlaps among five nodes that freeze and die while the database restarts', async () => {
  const { server, ask } = await startServer()
  const all = Array.from({ length: 5 }, () => startLeaderProcess(server.url, LEASE_MS))
  const first = await nextLead(all)
  await Promise.all(all.map((node) => node.until(({ event }) => event === 'connected')))

  first.node.signal('SIGSTOP')
  await nextLead(without(all, first.node))
  first.node.signal('SIGCONT')

  await server.restart('immediate')
  const third = await nextLead(all)

  // Frozen over a restart: it wakes up with connections that are gone, and with timers that are due.
  third.node.signal('SIGSTOP')
  await server.restart('fast')
  const fourth = await nextLead(without(all, third.node))
  third.node.signal('SIGCONT')

  fourth.node.signal('SIGKILL')
  const killedAtMs = Date.now()
  const others = without(all, fourth.node)
  const fifth = await nextLead(others)
  expect(fifth.told.atMs - killedAtMs).toBeLessThan(LEASE_MS + 5_000)

  // One that does not lead is frozen while the one that does stops in order.
  const [one, other, ...awake] = without(others, fifth.node)
  one?.signal('SIGSTOP')
  await fifth.node.stop()
  await nextLead([...awake, ...(other ? [other] : [])])
  one?.signal('SIGCONT')
  await nextLead(without(others, fifth.node))

  expect(overlaps(all.flatMap(beliefsOf))).toEqual([])
  expect(await ask(usurped)).toEqual([])
  const [terms] = await ask('SELECT count(*)::int AS count FROM terms')
  expect(Number(terms?.['count'])).toBeGreaterThanOrEqual(4)
}, 120_000)
