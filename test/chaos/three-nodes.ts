import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test, type TestContext } from 'vitest'
import { install } from '../../src/engine/migrator.ts'
import type { Job } from '../../src/index.ts'
import { startPrivateServer, type PrivateServer } from '../support/server.ts'
import { violations } from './invariants.ts'
import { Long, mixture, Plain, Snoozes } from './jobs.ts'
import type { NodeProcess } from './node-process.ts'
import { pastMinute } from './past-minute.ts'
import type { Proxy } from './proxy.ts'
import { CRONS, queuesOf } from './queues.ts'
import { report } from './report.ts'
import { ROLES } from './schedule.ts'
import { Theatre } from './theatre.ts'
import { until } from './until.ts'

/** How long the database is away. */
const OUTAGE_MS = 20_000

/** How much longer one node's heart stands still: longer than the time between two looks at it. */
const BEATLESS_MS = 4_000

const OWN = ['own-a', 'own-b', 'own-c']

interface Stage {
  /** Its own, as it is stopped. */
  readonly server: PrivateServer
  readonly theatre: Theatre
}

async function open({ onTestFinished }: TestContext): Promise<Stage> {
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

/** Wait until a body of each job runs, whichever attempt. */
async function running(theatre: Theatre, jobs: readonly Job<unknown>[]): Promise<void> {
  const ids = jobs.map(({ id }) => id)
  const areRunning = () => {
    const started = new Set(theatre.runs().map(({ id }) => id))

    return ids.every((id) => started.has(id))
  }
  await until(`jobs ${ids.join()} run`, areRunning, 20_000)
}

/** Kill a node in the middle of a job; another takes its place under a new name. */
async function killNode(
  theatre: Theatre,
  doomed: NodeProcess,
): Promise<[NodeProcess, Job<unknown>]> {
  const job = await theatre.client.enqueue(
    Long.new({ ms: 60_000, againMs: 50 }, { queue: `own-${doomed.name}` }),
  )
  await running(theatre, [job])
  await doomed.kill()
  const { queues, crons } = doomed
  const successor = await theatre.start('d', queues, { crons })
  theatre.note('a node was killed')

  return [successor, job]
}

async function cutConnections(theatre: Theatre): Promise<void> {
  for (const role of ROLES) {
    // One after the other, so that each is seen to be survived.
    // oxlint-disable-next-line no-await-in-loop
    await theatre.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'oban-ts:${role}'`,
    )
    theatre.note(`the connections of ${role} were cut`)
    // oxlint-disable-next-line no-await-in-loop
    await pause(500)
  }
}

async function loseAnswers(theatre: Theatre, proxy: Proxy): Promise<void> {
  await proxy.loseAnswer({ role: 'fetch', statement: "SET state = 'executing'" })
  theatre.note('the answer of a claim was lost')

  // The job runs again, under the same producer and attempt, before its first end is told again.
  const job = await theatre.client.enqueue(
    Snoozes.new({ ms: 1_000, againMs: 4_000 }, { queue: 'own-a' }),
  )
  await proxy.loseAnswer({
    role: 'ack',
    statement: 'jsonb_to_recordset',
    parameters: `"id":"${job.id}"`,
  })
  const allow = proxy.refuse('ack')
  await until(
    `job ${job.id}, which snoozed, runs again`,
    () => theatre.runs().filter(({ id }) => id === job.id).length === 2,
    20_000,
  )
  allow()
  theatre.note('the acknowledgement of a snooze was lost')
}

/** Take the database away while a long job runs on each node. */
async function outage(theatre: Theatre, server: PrivateServer, proxy: Proxy): Promise<Job[]> {
  const long = await theatre.client.enqueueMany(
    OWN.map((queue) => Long.new({ ms: 30_000, againMs: 50 }, { queue })),
  )
  await running(theatre, long)
  // One node's heart beats later than the others look at it: that alone must not kill it.
  const letBeat = proxy.refuse('beat')
  const beganAtMs = Date.now()
  await server.stop()
  await pause(OUTAGE_MS)
  await server.start()
  theatre.note('the database was away', { beganAtMs })
  await pause(BEATLESS_MS)
  letBeat()
  await pause(10_000 - BEATLESS_MS)

  return long
}

/** Wait for all jobs; which of them are left, and why, is for the checks to say. */
async function settled(theatre: Theatre): Promise<void> {
  const left = `
    SELECT FROM oban_jobs WHERE state NOT IN ('cancelled', 'completed', 'discarded') LIMIT 1`
  const isOver = async () => (await theatre.query(left)).length === 0
  await until('every job has ended', isOver, 15_000).catch(console.error)
}

async function breakEverything({ server, theatre }: Stage): Promise<void> {
  const proxy = await theatre.proxy()
  const [a, b, c] = await Promise.all([
    theatre.start('a', queuesOf('a'), { proxy, crons: CRONS }),
    theatre.start('b', queuesOf('b'), { crons: CRONS }),
    theatre.start('c', queuesOf('c'), { crons: CRONS }),
  ])
  const feeder = theatre.feed(250, () => [
    ...mixture('shared', 40),
    ...mixture('inline', 20),
    ...OWN.map((queue) => Plain.new({ ms: 10 }, { queue })),
  ])

  const [d, orphan] = await killNode(theatre, c)
  await cutConnections(theatre)
  await loseAnswers(theatre, proxy)
  const isRescued = async () => (await theatre.client.getJob(orphan.id))?.state === 'completed'
  await until('the job of the dead node is rescued', isRescued, 25_000)
  await server.restart('immediate')
  theatre.note('the database crashed')
  await pause(2_000)
  const long = await outage(theatre, server, proxy)
  await feeder.stop()
  await settled(theatre)
  await pastMinute()
  await settled(theatre)
  await Promise.all([a, b, d].map((node) => node.rest()))
  await Promise.all([a, b, d].map((node) => node.stop()))

  const story = await theatre.story()
  expect(violations(story)).toEqual([])
  const runsOfLong = long.map((job) => story.runs.filter(({ id }) => id === job.id).length)
  expect(runsOfLong).toEqual([1, 1, 1])
  expect(await theatre.query('SELECT uuid FROM oban_ts_producers')).toEqual([])
}

/** To be called in a `describe.concurrent`: it mostly waits. */
export function testThreeNodes(): void {
  test('three nodes end every job once, whatever breaks around them', async (context) => {
    const stage = await open(context)
    try {
      await breakEverything(stage)
    } catch (error) {
      const story = await stage.theatre.story()
      console.error(report(story, violations(story), stage.theatre.log()))
      throw error
    }
  }, 150_000)
}
