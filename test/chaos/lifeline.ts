import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test, type TestContext } from 'vitest'
import { loadFixture } from '../engine/empty-database.ts'
import { createDatabase } from '../support/database.ts'
import { changesByJob, claimsOf, readChanges } from './history.ts'
import { Long, Plain } from './jobs.ts'
import type { NodeEvent, NodeProcess } from './node-process.ts'
import { Theatre } from './theatre.ts'
import { until } from './until.ts'

const SHARED = { threads: { limit: 2 }, inline: { limit: 2, execution: 'inline' } } as const

const FROZEN_MS = 40_000

/** The lease of a leader, and what the others may take beyond it. */
const TAKEN_WITHIN_MS = 30_000 + 5_000

/** Jobs that nodes of others execute for two days by now: of Elixir, and of oban-py, whose producer stands still. */
const FOREIGN = `
  INSERT INTO oban_producers (uuid, name, node, queue, updated_at)
  VALUES ('11111111-1111-4111-8111-111111111111', 'Oban', 'py', 'foreign', now() - interval '2 days');
  INSERT INTO oban_jobs (worker, queue, state, attempt, attempted_by, attempted_at)
  VALUES ('Elixir.Worker', 'foreign', 'executing', 1,
          ARRAY['web@host', '22222222-2222-4222-8222-222222222222'], now() - interval '2 days'),
         ('py.Worker', 'foreign', 'executing', 1,
          ARRAY['py', '11111111-1111-4111-8111-111111111111'], now() - interval '2 days'),
         ('none.Worker', 'foreign', 'executing', 1, ARRAY['web@host'], now() - interval '2 days')`

/** A database that oban-py works with too. */
async function open({ onTestFinished }: TestContext): Promise<Theatre> {
  const database = await createDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await loadFixture(client, 'schema_python_tables', { prefix: 'public' })
  await client.query(FOREIGN)
  await client.end()
  const theatre = await Theatre.open(database.url)
  onTestFinished(async () => {
    await theatre.close()
    await database.drop()
  })

  return theatre
}

const leads = ({ event, leader }: NodeEvent) => event === 'peer.election' && leader === true

/** A node that leads and runs two long jobs, and two others that can take both over. */
async function startNodes(context: TestContext) {
  const theatre = await open(context)
  const first = await theatre.start('first', { ...SHARED, own: { limit: 1 } })
  await until('the first node leads', () => first.events.some(leads), 20_000)
  const jobs = await theatre.client.enqueueMany(
    Object.keys(SHARED).map((queue) => Long.new({ ms: 90_000, againMs: 3_000 }, { queue })),
  )
  const ids = jobs.map(({ id }) => id)
  await startsOn(theatre, [first], ids)
  const others = [await theatre.start('second', SHARED), await theatre.start('third', SHARED)]

  return { theatre, first, others, ids }
}

/** Resolves to when the last of the jobs started on one of these nodes. */
async function startsOn(
  theatre: Theatre,
  nodes: readonly NodeProcess[],
  ids: readonly number[],
): Promise<number> {
  const runs = () => theatre.runs().filter((run) => nodes.some(({ pid }) => pid === run.pid))
  const names = nodes.map(({ name }) => name).join()
  await until(
    `jobs ${ids.join()} run on ${names}`,
    () => ids.every((id) => runs().some((run) => run.id === id)),
    40_000,
  )

  return Math.max(
    ...runs()
      .filter(({ id }) => ids.includes(id))
      .map(({ startedAtMs }) => startedAtMs),
  )
}

/** Resolves to when one of these nodes was elected. */
async function electedAt(nodes: readonly NodeProcess[]): Promise<number> {
  const elected = () => nodes.flatMap(({ events }) => events).find(leads)
  await until('another node leads', () => elected() !== undefined, 60_000)

  return elected()?.atMs ?? Infinity
}

/** How each claim of a job ended, in order, and how often it came to a final state. */
async function storyOf(theatre: Theatre, id: number) {
  const changes = changesByJob(await readChanges(theatre.query)).get(id) ?? []
  const claims = claimsOf(changes).map(({ claim, end }) => [claim.attempt, end?.state])

  return { claims, ends: changes.filter(({ state }) => state === 'completed').length }
}

const TAKEN_OVER = {
  claims: [
    [1, 'available'],
    [2, 'completed'],
  ],
  ends: 1,
}

async function foreigners(theatre: Theatre) {
  return theatre.query(
    `SELECT DISTINCT state, attempt, meta FROM oban_jobs WHERE queue = 'foreign'`,
  )
}

const UNTOUCHED = [{ state: 'executing', attempt: 1, meta: {} }]

/** To be called in a `describe.concurrent`: these tests mostly wait. */
export function testLifeline(): void {
  test('a leader that is frozen for 40 s loses its jobs and its place, and works on under a new name', async (context) => {
    const { theatre, first, others, ids } = await startNodes(context)
    first.signal('SIGSTOP')
    const frozenAtMs = Date.now()
    const [startedAtMs, takenAtMs] = await Promise.all([
      startsOn(theatre, others, ids),
      electedAt(others),
    ])
    expect(startedAtMs - frozenAtMs).toBeLessThan(25_000)
    expect(takenAtMs - frozenAtMs).toBeLessThan(TAKEN_WITHIN_MS)
    await pause(Math.max(0, frozenAtMs + FROZEN_MS - Date.now()))
    first.signal('SIGCONT')

    await until(
      'what the frozen node ran is dropped',
      () => first.has('ack.lost') || theatre.lines().some(({ kind }) => kind === 'aborted'),
      20_000,
    )
    const next = await theatre.client.enqueue(Plain.new({ ms: 10 }, { queue: 'own' }))
    await startsOn(theatre, [first], [next.id])
    await Promise.all([first, ...others].map((node) => node.stop()))

    expect(await Promise.all(ids.map((id) => storyOf(theatre, id)))).toEqual([
      TAKEN_OVER,
      TAKEN_OVER,
    ])
    expect(await storyOf(theatre, next.id)).toEqual({ claims: [[1, 'completed']], ends: 1 })
    const { changes, deaths } = await theatre.story()
    const dead = new Set(deaths.map(({ uuid }) => uuid))
    expect(deaths.map(({ node }) => node)).toEqual(['first', 'first', 'first'])
    expect(changes.filter(({ id, uuid }) => id === next.id && dead.has(uuid ?? ''))).toEqual([])
    expect(await foreigners(theatre)).toEqual(UNTOUCHED)
  }, 150_000)

  test('a leader that is killed takes nothing along: its jobs and its place are others’', async (context) => {
    const { theatre, first, others, ids } = await startNodes(context)
    await first.kill()
    const killedAtMs = Date.now()
    const [startedAtMs, takenAtMs] = await Promise.all([
      startsOn(theatre, others, ids),
      electedAt(others),
    ])
    await Promise.all(others.map((node) => node.stop()))

    expect(startedAtMs - killedAtMs).toBeLessThan(25_000)
    expect(takenAtMs - killedAtMs).toBeLessThan(TAKEN_WITHIN_MS)
    expect(await Promise.all(ids.map((id) => storyOf(theatre, id)))).toEqual([
      TAKEN_OVER,
      TAKEN_OVER,
    ])
    expect(await foreigners(theatre)).toEqual(UNTOUCHED)
  }, 150_000)
}
