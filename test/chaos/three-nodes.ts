import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test, type TestContext } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import { startPrivateServer } from '../support/server.ts'
import { feed } from './feeder.ts'
import { violations, type Violation } from './invariants.ts'
import { Long, mixture, Plain, Snoozes } from './jobs.ts'
import type { NodeOptions } from './node-process.ts'
import { Theatre } from './theatre.ts'
import { timeline } from './timeline.ts'
import { until } from './until.ts'

/** How long the database is away. */
const OUTAGE_MS = 20_000

/** How much longer one node's heart stands still: longer than the time between two looks at it. */
const BEATLESS_MS = 4_000

const ROLES = ['fetch', 'ack', 'beat', 'rescue', 'notifier', 'client']

/** Queues that all nodes share, and one that is its own: with work in it, each node shows its life. */
function queuesOf(node: string): NodeOptions['queues'] {
  return {
    shared: { limit: 4, threads: 2 },
    inline: { limit: 5, execution: 'inline' },
    [`own-${node}`]: { limit: 3 },
  }
}

const OWN = ['own-a', 'own-b', 'own-c']

/** A server of its own, as it is stopped, with a theatre. */
async function open({ onTestFinished }: TestContext) {
  const server = await startPrivateServer()
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await install(client, { prefix: 'public' })
  await client.end()
  const theatre = await Theatre.open(server.url)
  onTestFinished(async () => {
    await theatre.close()
    await server.remove()
  })

  return { server, theatre }
}

/** What went wrong, with the timelines of the first jobs concerned. */
async function report(theatre: Theatre, found: readonly Violation[]): Promise<string> {
  const story = await theatre.story()
  const ids = new Set(found.flatMap(({ id }) => id ?? []))
  const stories = [...ids].slice(0, 5).map((id) => `job ${id}\n${timeline(story, id)}`)

  return [...stories, 'what the nodes told', theatre.log()].join('\n\n')
}

async function stateOf(theatre: Theatre, id: number): Promise<string | undefined> {
  const rows = await theatre.query<{ state: string }>(
    `SELECT state FROM oban_jobs WHERE id = ${id}`,
  )

  return rows[0]?.state
}

/** Wait until a body of each job runs, whichever attempt. */
async function running(theatre: Theatre, ids: readonly number[]): Promise<void> {
  await until(
    `jobs ${ids.join()} run`,
    () => {
      const started = new Set(theatre.runs().map(({ id }) => id))

      return ids.every((id) => started.has(id))
    },
    10_000,
  )
}

/** To be called in a `describe.concurrent`: it mostly waits. */
export function testThreeNodes(): void {
  test('three nodes end every job once, whatever breaks around them', async (context) => {
    const { server, theatre } = await open(context)
    const proxy = await theatre.proxy()
    const [a, b, c] = await Promise.all([
      theatre.start('a', queuesOf('a'), { proxy }),
      theatre.start('b', queuesOf('b')),
      theatre.start('c', queuesOf('c')),
    ])
    const feeder = feed(theatre.client, 250, () => [
      ...mixture('shared', 40),
      ...mixture('inline', 20),
      ...OWN.map((queue) => Plain.new({ ms: 10 }, { queue })),
    ])

    // Jobs are running on the node when it is killed; another takes its place under a new name.
    const doomed = await theatre.client.enqueueMany([
      Long.new({ ms: 60_000, againMs: 50 }, { queue: 'own-c' }),
    ])
    await running(
      theatre,
      doomed.map(({ id }) => id),
    )
    await c.kill()
    const d = await theatre.start('d', queuesOf('c'))
    theatre.note('a node was killed')

    for (const role of ROLES) {
      await theatre.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'oban-ts:${role}'`,
      )
      theatre.note(`the connections of ${role} were cut`)
      await pause(500)
    }

    await proxy.loseAnswer({ role: 'fetch', statement: "SET state = 'executing'" })
    theatre.note('the answer of a claim was lost')

    // The job runs again, under the same producer and attempt, before its first end is told again.
    const snoozing = await theatre.client.enqueue(
      Snoozes.new({ ms: 1_000, againMs: 4_000 }, { queue: 'own-a' }),
    )
    await proxy.loseAnswer({
      role: 'ack',
      statement: 'jsonb_to_recordset',
      parameters: `"id":"${snoozing.id}"`,
    })
    const allow = proxy.refuse('ack')
    await until(
      'the job that snoozed runs again',
      () => theatre.runs().filter(({ id }) => id === snoozing.id).length === 2,
      10_000,
    )
    allow()
    theatre.note('the acknowledgement of a snooze was lost')

    await until(
      'the jobs of the dead node are rescued',
      async () => (await stateOf(theatre, doomed[0]?.id ?? 0)) === 'completed',
      25_000,
    )

    await server.restart('immediate')
    theatre.note('the database crashed')
    await pause(2_000)

    const long = await theatre.client.enqueueMany(
      OWN.map((queue) => Long.new({ ms: 30_000, againMs: 50 }, { queue })),
    )
    await running(
      theatre,
      long.map(({ id }) => id),
    )
    // One node's heart beats later than the others look at it: that alone must not kill it.
    const letBeat = proxy.refuse('beat')
    await server.stop()
    await pause(OUTAGE_MS)
    await server.start()
    theatre.note('the database was away')
    await pause(BEATLESS_MS)
    letBeat()
    await pause(10_000 - BEATLESS_MS)
    await feeder.stop()

    await until(
      'every job has ended',
      async () => {
        const [row] = await theatre.query<{ left: string }>(
          `SELECT count(*) AS left FROM oban_jobs WHERE state <> 'completed'`,
        )

        return row?.left === '0'
      },
      15_000,
    ).catch((error: unknown) => {
      // The checks below say which jobs are left, and why.
      console.error(error)
    })
    await Promise.all([a, b, d].map((node) => node.stop()))

    const story = await theatre.story()
    const found = violations(story)
    expect(found, found.length > 0 ? await report(theatre, found) : '').toEqual([])
    const stored = new Set(story.changes.map(({ id }) => id))
    expect(feeder.confirmed.filter((id) => !stored.has(id))).toEqual([])
    const runsOfLong = long.map((job) => story.runs.filter(({ id }) => id === job.id).length)
    expect(runsOfLong).toEqual([1, 1, 1])
    expect(await theatre.query('SELECT uuid FROM oban_ts_producers')).toEqual([])
    expect([a, b, d].map(({ exit }) => exit?.code)).toEqual([0, 0, 0])
  }, 150_000)
}
