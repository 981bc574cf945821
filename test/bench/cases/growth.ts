/** Whether it stays as fast when there is, or was, a great deal, and while a transaction holds vacuums up. */
import type { Comparison, Figures } from '../comparison.ts'
import {
  onClient,
  onDatabase,
  openOurs,
  openRaw,
  startRaw,
  withSystem,
  type Settings,
} from '../contenders.ts'
import { drain, drainOnce, warmUp } from '../drain-run.ts'
import type { Contender, Family, Stage } from '../family.ts'
import type { Program } from '../program.ts'
import { median, overallRate } from '../statistics.ts'
import type { System } from '../system.ts'
import { withProgram } from './latency.ts'

const FETCHES = 100
const FETCHED = 100

/**
 * Drains of each table, one after the other: within minutes a machine changes its pace by more than a table slows
 * them down. Together they are more jobs than there are from one vacuum to the next.
 */
const TURNS = 8

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

/** A tenth of the future for what is completed, and vacuumed, as tables look that were filled over days. */
async function age(url: string, { options, server }: Stage): Promise<void> {
  await onClient(url, async (client) => {
    await client.query(COMPLETED, [options.rows])
    await client.query(FUTURE, [Math.ceil(options.rows / 10)])
    await client.query('VACUUM ANALYZE oban_jobs')
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

/** A system that drains a fresh table, and one whose table grows. */
interface Both {
  readonly stage: Stage
  readonly fresh: System
  readonly freshUrl: string
  readonly grown: System
  readonly grownUrl: string
}

function onBoth(name: string, measure: (both: Both) => Promise<Figures>): Contender {
  return {
    name,
    measure: (stage) =>
      withSystem(stage, openAsked(stage), (fresh, freshUrl) =>
        withSystem(stage, openAsked(stage), async (grown, grownUrl) => {
          await warmUp([fresh])
          await warmUp([grown])

          return measure({ stage, fresh, freshUrl, grown, grownUrl })
        }),
      ),
  }
}

/** Jobs a second. */
async function drainFresh({ stage, fresh, freshUrl }: Both): Promise<number> {
  await onClient(freshUrl, (client) => client.query('TRUNCATE oban_jobs'))

  return (await drain([fresh], stage.options.n)).jobsPerSecond
}

async function drainGrown({ stage, grown }: Both): Promise<number> {
  return (await drain([grown], stage.options.n)).jobsPerSecond
}

/**
 * Settled once only: the first change of a page after a checkpoint logs all of the page, which drains of two seconds
 * would pay each time anew, and the more the larger their table is.
 */
async function drainInTurn(both: Both): Promise<{ fresh: number; grown: number }> {
  const fresh: number[] = []
  const grown: number[] = []
  await both.stage.server.settle()
  for (let turn = 0; turn < TURNS; turn += 2) {
    fresh.push(await drainFresh(both))
    grown.push(await drainGrown(both), await drainGrown(both))
    fresh.push(await drainFresh(both))
  }

  return { fresh: overallRate(fresh), grown: overallRate(grown) }
}

async function drainFull(both: Both): Promise<Figures> {
  const before = await drainFresh(both)
  const { server, options } = both.stage
  const { jobsPerSecond: preloaded } = await drainOnce(server, [both.grown], options.rows)
  const after = await drainFresh(both)

  return { preloaded, freshBeside: overallRate([before, after]), ...(await drainInTurn(both)) }
}

function underSnapshot(
  name: string,
  open: (stage: Stage) => (url: string) => Promise<System>,
): Contender {
  return {
    name,
    measure: (stage) =>
      withSystem(stage, open(stage), async (system, url) => {
        await warmUp([system])

        return withSnapshot(url, () => drainOnce(stage.server, [system], stage.options.n))
      }),
  }
}

/** Claims from a database of its own, once `prepare` is through. */
function withClaims<Result>(
  stage: Stage,
  prepare: (url: string) => Promise<void>,
  use: (program: Program) => Promise<Result>,
): Promise<Result> {
  return onDatabase(stage, async (url) => {
    await prepare(url)

    return withProgram(await startRaw(url, { limit: FETCHED }), async (program) => {
      await onClient(url, (client) =>
        client.query(
          `INSERT INTO oban_jobs (state, worker, queue, args)
           SELECT 'available', 'Bench.Nothing', 'bench', '{}' FROM generate_series(1, $1::integer)`,
          [FETCHES * FETCHED],
        ),
      )

      return use(program)
    })
  })
}

/** Claims from both in turn, in milliseconds. */
function fetchInTurn(stage: Stage): Promise<Figures> {
  return withClaims(
    stage,
    (url) => age(url, stage),
    (behind) =>
      withClaims(
        stage,
        () => Promise.resolve(),
        async (fresh) => {
          const times = { behind: [] as number[], fresh: [] as number[] }
          for (let turn = 0; turn < FETCHES; turn += 1) {
            times.behind.push(...(await behind.ask<number[]>('fetchTimes', { count: 1 })))
            times.fresh.push(...(await fresh.ask<number[]>('fetchTimes', { count: 1 })))
          }

          return { behind: median(times.behind), fresh: median(times.fresh) }
        },
      ),
  )
}

function versusFresh(
  what: string,
  contender: string,
  [grown, fresh]: [grown: string, fresh: string],
): Comparison {
  return {
    case: `growth/${what}`,
    ours: { contender, figure: grown },
    reference: { contender, figure: fresh, label: 'ours on a fresh table' },
    unit: 'jobs/s',
    aim: { of: 'ratio', least: 0.9 },
  }
}

export const growthFamily: Family = {
  isOnce: true,
  contenders: [
    onBoth('behind', async (both) => {
      await age(both.grownUrl, both.stage)

      return drainInTurn(both)
    }),
    onBoth('full', drainFull),
    underSnapshot('snapshot', openAsked),
    underSnapshot('ceiling-snapshot', (stage) =>
      openRaw(stage, { limit: settingsOf(stage).limit }),
    ),
    { name: 'fetch', measure: fetchInTurn },
  ],
  comparisons: [
    versusFresh('completed-behind', 'behind', ['grown', 'fresh']),
    versusFresh('preloaded', 'full', ['preloaded', 'freshBeside']),
    versusFresh('processed-before', 'full', ['grown', 'fresh']),
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
      ours: { contender: 'fetch', figure: 'behind' },
      reference: { contender: 'fetch', figure: 'fresh', label: 'the fetch on an empty table' },
      unit: `ms for ${FETCHED} jobs`,
      aim: { of: 'ratio', most: 1.2 },
    },
  ],
}
