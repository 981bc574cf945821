/** Whether it stays as fast when there is, or was, a great deal, and while a transaction holds vacuums up. */
import { Client } from 'pg'
import type { Comparison, Figures } from '../comparison.ts'
import {
  onDatabase,
  openOurs,
  openRaw,
  startRaw,
  withSystem,
  type Settings,
} from '../contenders.ts'
import { drainOnce, warmUp } from '../drain-run.ts'
import type { Contender, Family, Stage } from '../family.ts'
import { median } from '../statistics.ts'
import type { System } from '../system.ts'
import { withProgram } from './latency.ts'

const FETCHES = 100
const FETCHED = 100

const COMPLETED = `
  INSERT INTO oban_jobs (state, worker, queue, args, attempt, attempted_at, completed_at,
                         attempted_by)
  SELECT 'completed', 'Bench.Nothing', 'bench', '{}', 1, timezone('UTC', now()),
         timezone('UTC', now()), ARRAY['node', 'uuid']
    FROM generate_series(1, $1::integer)`

const FUTURE = `
  INSERT INTO oban_jobs (state, worker, queue, args, scheduled_at)
  SELECT 'scheduled', 'Bench.Nothing', 'bench', '{}', timezone('UTC', now()) + interval '1 day'
    FROM generate_series(1, $1::integer)`

async function onClient<Result>(url: string, use: (client: Client) => Promise<Result>) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/** A tenth of the future for what is completed, as tables look that are used. */
async function age(url: string, { options, server }: Stage): Promise<void> {
  await onClient(url, async (client) => {
    await client.query(COMPLETED, [options.rows])
    await client.query(FUTURE, [Math.ceil(options.rows / 10)])
  })
  await server.settle()
}

/** With the oldest snapshot that there is, so that no dead row can be removed. */
function withSnapshot<Result>(url: string, use: () => Promise<Result>): Promise<Result> {
  return onClient(url, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await client.query('SELECT count(*) FROM oban_jobs')

    return use()
  })
}

function settingsOf({ options }: Stage): Settings {
  const { limit = 100, threads = 0, prefetch = 0 } = options

  return { limit, threads, prefetch }
}

function openAsked(stage: Stage): (url: string) => Promise<System> {
  return openOurs(stage, settingsOf(stage))
}

function contender(
  name: string,
  open: (stage: Stage) => (url: string) => Promise<System>,
  measure: (system: System, url: string, stage: Stage) => Promise<Figures>,
): Contender {
  return {
    name,
    measure: (stage) =>
      withSystem(stage, open(stage), async (system, url) => {
        await warmUp([system])

        return measure(system, url, stage)
      }),
  }
}

async function drainFull(system: System, { server, options }: Stage): Promise<Figures> {
  const { jobsPerSecond: preloaded } = await drainOnce(server, [system], options.rows)
  const { jobsPerSecond: processed } = await drainOnce(server, [system], options.n)

  return { preloaded, processed }
}

async function fetchTime(stage: Stage, prepare: (url: string) => Promise<void>): Promise<Figures> {
  return onDatabase(stage, async (url) => {
    await prepare(url)

    return withProgram(await startRaw(url, FETCHED), async (program) => {
      await onClient(url, (client) =>
        client.query(
          `INSERT INTO oban_jobs (state, worker, queue, args)
           SELECT 'available', 'Bench.Nothing', 'bench', '{}' FROM generate_series(1, $1::integer)`,
          [FETCHES * FETCHED],
        ),
      )
      const times = await program.ask<number[]>('fetchTimes', { count: FETCHES })

      return { ms: median(times) }
    })
  })
}

const fresh = contender('fresh', openAsked, (system, _, { server, options }) =>
  drainOnce(server, [system], options.n),
)

function versusFresh(
  what: string,
  contenderName: string,
  figure: string,
  least: number,
): Comparison {
  return {
    case: `growth/${what}`,
    ours: { contender: contenderName, figure },
    reference: { contender: 'fresh', figure: 'jobsPerSecond', label: 'ours on a fresh table' },
    unit: 'jobs/s',
    aim: { of: 'ratio', least },
  }
}

export const growthFamily: Family = {
  isOnce: true,
  contenders: [
    fresh,
    contender('behind', openAsked, async (system, url, stage) => {
      await age(url, stage)

      return drainOnce(stage.server, [system], stage.options.n)
    }),
    contender('full', openAsked, (system, _, stage) => drainFull(system, stage)),
    contender('snapshot', openAsked, (system, url, { server, options }) =>
      withSnapshot(url, () => drainOnce(server, [system], options.n)),
    ),
    contender(
      'ceiling-snapshot',
      (stage) => openRaw(stage, settingsOf(stage).limit),
      (system, url, { server, options }) =>
        withSnapshot(url, () => drainOnce(server, [system], options.n)),
    ),
    { name: 'fetch-fresh', measure: (stage) => fetchTime(stage, () => Promise.resolve()) },
    { name: 'fetch-behind', measure: (stage) => fetchTime(stage, (url) => age(url, stage)) },
  ],
  comparisons: [
    versusFresh('completed-behind', 'behind', 'jobsPerSecond', 0.9),
    versusFresh('preloaded', 'full', 'preloaded', 0.9),
    versusFresh('processed-before', 'full', 'processed', 0.9),
    {
      case: 'growth/held-snapshot',
      ours: { contender: 'snapshot', figure: 'jobsPerSecond' },
      reference: {
        contender: 'ceiling-snapshot',
        figure: 'jobsPerSecond',
        label: 'raw SQL under the same snapshot',
      },
      unit: 'jobs/s',
    },
    {
      case: 'growth/fetch',
      ours: { contender: 'fetch-behind', figure: 'ms' },
      reference: { contender: 'fetch-fresh', figure: 'ms', label: 'the fetch on an empty table' },
      unit: `ms for ${FETCHED} jobs`,
      aim: { of: 'ratio', most: 1.2 },
    },
  ],
}
