/** How fast jobs are stored, one by one from many callers, and many at a time. */
import type { Comparison, Figures } from '../comparison.ts'
import { onDatabase, startOurs, startRaw } from '../contenders.ts'
import { WARM_UP_JOBS } from '../drain-run.ts'
import type { Contender, Family, Stage } from '../family.ts'
import { type PeerName, withPeer } from '../peers.ts'
import type { Program } from '../program.ts'
import { withProgram } from './latency.ts'

/** Calls under way at a time. */
const AT_ONCE = 50
const BATCH = 1_000

async function single(program: Program, { options }: Stage): Promise<Figures> {
  // Each waits for the disk: as many as of a drain would take a minute.
  const count = Math.ceil(options.n / 4)
  await program.ask('enqueueOneByOne', { count: AT_ONCE * 20, atOnce: AT_ONCE })
  const elapsedMs = await program.ask<number>('enqueueOneByOne', { count, atOnce: AT_ONCE })

  return { jobsPerSecond: (count / elapsedMs) * 1_000 }
}

async function bulk(program: Program, { options, server }: Stage): Promise<Figures> {
  const pad = 'x'.repeat(options.bytes)
  const warmUpJobs = Math.min(WARM_UP_JOBS, options.n)
  await program.ask('enqueueMany', { count: warmUpJobs, batch: BATCH, pad })
  await server.settle()
  const elapsedMs = await program.ask<number>('enqueueMany', {
    count: options.n,
    batch: BATCH,
    pad,
  })

  return { jobsPerSecond: (options.n / elapsedMs) * 1_000 }
}

type Measure = (program: Program, stage: Stage) => Promise<Figures>

function contender(
  name: string,
  start: (stage: Stage, url: string) => Promise<Program>,
  measure: Measure,
): Contender {
  return {
    name,
    measure: (stage) =>
      onDatabase(stage, async (url) =>
        withProgram(await start(stage, url), (program) => measure(program, stage)),
      ),
  }
}

const client = (stage: Stage, url: string) => startOurs(stage, url, {})
const raw = (_: Stage, url: string) => startRaw(url, { limit: 1 })

const PEERS: readonly PeerName[] = ['graphile-worker', 'pg-boss', 'bullmq-redis', 'bullmq-postgres']

function versus(what: string, against: string, label: string, least?: number): Comparison {
  return {
    case: `insert/${what}`,
    ours: { contender: `ours-${what}`, figure: 'jobsPerSecond' },
    reference: { contender: against, figure: 'jobsPerSecond', label },
    unit: 'jobs/s',
    ...(least === undefined ? {} : { aim: { of: 'ratio', least } }),
  }
}

export const insertFamily: Family = {
  contenders: [
    contender('ours-single', client, single),
    contender('raw-single', raw, single),
    contender('ours-bulk', client, bulk),
    contender('raw-bulk', raw, bulk),
    ...PEERS.map((name) => ({
      name: `${name}-bulk`,
      measure: (stage: Stage) => withPeer(stage, name, 10, (program) => bulk(program, stage)),
    })),
  ],
  comparisons: [
    versus('single', 'raw-single', `${AT_ONCE} raw inserts at a time, without NOTIFY`, 0.8),
    versus('bulk', 'raw-bulk', `jsonb_to_recordset of ${BATCH}`, 0.8),
    ...PEERS.map((name) => versus('bulk', `${name}-bulk`, name)),
  ],
}
