import { setTimeout as pause } from 'node:timers/promises'
import { expect, test, type TestContext } from 'vitest'
import { createDatabase } from '../support/database.ts'
import { changesByJob, claimsOf, readChanges, type Change } from './history.ts'
import { Long, Plain } from './jobs.ts'
import type { NodeProcess } from './node-process.ts'
import { Theatre } from './theatre.ts'
import { until } from './until.ts'

const SHARED = {
  threads: { limit: 2 },
  inline: { limit: 2, execution: 'inline' },
} as const

async function open({ onTestFinished }: TestContext): Promise<Theatre> {
  const database = await createDatabase()
  const theatre = await Theatre.open(database.url)
  onTestFinished(async () => {
    await theatre.close()
    await database.drop()
  })

  return theatre
}

async function startsOn(theatre: Theatre, node: NodeProcess, ids: readonly number[]) {
  await until(
    `jobs ${ids.join()} run on ${node.name}`,
    () => {
      const runs = theatre.runs().filter(({ pid }) => pid === node.pid)

      return ids.every((id) => runs.some((run) => run.id === id))
    },
    30_000,
  )
}

async function changesOf(theatre: Theatre, id: number): Promise<Change[]> {
  return changesByJob(await readChanges(theatre.query)).get(id) ?? []
}

/** Where each claim of a job took place, and how it ended. */
async function storyOf(theatre: Theatre, id: number) {
  return claimsOf(await changesOf(theatre, id)).map(({ claim, end }) => ({
    node: claim.node,
    attempt: claim.attempt,
    end: end?.state,
  }))
}

/** Two long jobs that run on a node of their own, and a second node that has just come up. */
async function startJobs(context: TestContext) {
  const theatre = await open(context)
  const proxy = await theatre.proxy()
  const first = await theatre.start('first', { ...SHARED, own: { limit: 1 } }, { proxy })
  const jobs = await theatre.client.enqueueMany(
    Object.keys(SHARED).map((queue) => Long.new({ ms: 60_000, againMs: 3_000 }, { queue })),
  )
  const ids = jobs.map(({ id }) => id)
  await startsOn(theatre, first, ids)
  const second = await theatre.start('second', SHARED)

  return { theatre, proxy, first, second, ids }
}

/** To be called in a `describe.concurrent`: these tests mostly wait. */
export function testTakeover(): void {
  test('runs the jobs of a killed node elsewhere within 25 seconds', async (context) => {
    const { theatre, first, second, ids } = await startJobs(context)

    const killedAtMs = Date.now()
    await first.kill()
    await startsOn(theatre, second, ids)
    const startedAtMs = theatre
      .runs()
      .filter(({ pid }) => pid === second.pid)
      .map((run) => run.startedAtMs - killedAtMs)
    await second.stop()

    expect(Math.max(...startedAtMs)).toBeLessThan(25_000)
    const stories = await Promise.all(ids.map((id) => storyOf(theatre, id)))
    const expected = [
      { node: 'first', attempt: 1, end: 'available' },
      { node: 'second', attempt: 2, end: 'completed' },
    ]
    expect(stories).toEqual([expected, expected])
  }, 90_000)

  test('takes what a frozen node ran, and lets it do no harm when it wakes up', async (context) => {
    const { theatre, proxy, first, second, ids } = await startJobs(context)

    // The claim reaches the database only when the node has been declared dead.
    const held = proxy.hold({ role: 'fetch', statement: "SET state = 'executing'" })
    const late = await theatre.client.enqueue(Plain.new({ ms: 10 }, { queue: 'own' }))
    const letGo = await held
    first.signal('SIGSTOP')
    await startsOn(theatre, second, ids)
    await letGo()
    expect((await changesOf(theatre, late.id)).map(({ state }) => state)).toEqual(['available'])
    first.signal('SIGCONT')

    // It gives up what it ran, takes new names, and goes on.
    await startsOn(theatre, first, [late.id])
    await until(
      'what it told the database of its old jobs is refused',
      () => first.has('ack.lost') && theatre.lines().some(({ kind }) => kind === 'aborted'),
      15_000,
    )
    await Promise.all([first.stop(), second.stop()])

    const stories = await Promise.all(ids.map((id) => storyOf(theatre, id)))
    const expected = [
      { node: 'first', attempt: 1, end: 'available' },
      { node: 'second', attempt: 2, end: 'completed' },
    ]
    expect(stories).toEqual([expected, expected])
    expect(await storyOf(theatre, late.id)).toEqual([
      { node: 'first', attempt: 1, end: 'completed' },
    ])
    const { deaths } = await theatre.story()
    expect(deaths.map(({ node }) => node)).toEqual(['first', 'first', 'first'])
    const dead = new Set(deaths.map(({ uuid }) => uuid))
    const lateChanges = await changesOf(theatre, late.id)
    expect(lateChanges.filter(({ uuid }) => dead.has(uuid ?? ''))).toEqual([])
    const alive = 'SELECT uuid FROM oban_ts_producers WHERE dead_at IS NULL'
    expect(await theatre.query(alive)).toEqual([])
  }, 90_000)

  test.for(['stall', 'stop'] as const)(
    'stops in ten seconds without its database, and leaves its job to others: %s',
    { timeout: 90_000 },
    async (loss, context) => {
      const theatre = await open(context)
      const proxy = await theatre.proxy()
      const first = await theatre.start('first', SHARED, { proxy })
      const job = await theatre.client.enqueue(Plain.new({ ms: 1_000 }, { queue: 'threads' }))
      await startsOn(theatre, first, [job.id])

      await proxy[loss]()
      const stoppedAtMs = Date.now()
      await first.stop()
      expect(Date.now() - stoppedAtMs).toBeLessThan(10_000)
      expect(first.exit?.code).toBe(0)

      const second = await theatre.start('second', SHARED)
      await startsOn(theatre, second, [job.id])
      await second.stop()
      expect(await storyOf(theatre, job.id)).toEqual([
        { node: 'first', attempt: 1, end: 'available' },
        { node: 'second', attempt: 2, end: 'completed' },
      ])
    },
  )

  test('starts nothing that it had claimed before it froze', async (context) => {
    const theatre = await open(context)
    const proxy = await theatre.proxy()
    const queues = { threads: { limit: 2 } }
    const first = await theatre.start('first', queues, { proxy, bootMs: 2_000 })
    const job = await theatre.client.enqueue(Plain.new({ ms: 10 }, { queue: 'threads' }))
    await until('the node has the answer of its claim', () => first.has('job.start'), 5_000)
    first.signal('SIGSTOP')
    const second = await theatre.start('second', queues)
    await startsOn(theatre, second, [job.id])

    // Its threads are up before it can learn that it was declared dead.
    const letBeat = proxy.refuse('beat')
    first.signal('SIGCONT')
    await pause(3_000)
    letBeat()

    const next = await theatre.client.enqueue(Plain.new({ ms: 10 }, { queue: 'threads' }))
    await until(
      'it has given up what it was',
      () => first.events.some(({ id }) => id === 'queue/threads/producer'),
      15_000,
    )
    await until(
      'the next job has ended',
      async () => (await changesOf(theatre, next.id)).at(-1)?.state === 'completed',
      15_000,
    )
    await Promise.all([first.stop(), second.stop()])

    const runs = theatre.runs().filter(({ id }) => id === job.id)
    expect(runs.map(({ pid }) => pid)).toEqual([second.pid])
  }, 90_000)
}
