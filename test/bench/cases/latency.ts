/** From the call that enqueues to the body that begins, of jobs that come at a pace. */
import type { Comparison, Figures } from '../comparison.ts'
import { onDatabase, startOurs, startRaw } from '../contenders.ts'
import type { Contender, Family, Stage } from '../family.ts'
import { type PeerName, withPeer } from '../peers.ts'
import type { Program } from '../program.ts'
import { percentile } from '../statistics.ts'

const RATES = [50, 500] as const
const LIMIT = 10
const WARM_UP = { perSecond: 100, count: 100 }

/** How many milliseconds half, most and nearly all of the jobs waited. */
async function measure(program: Program, perSecond: number, { options }: Stage): Promise<Figures> {
  await program.ask('latency', WARM_UP)
  const count = perSecond * options.seconds
  const times = await program.ask<number[]>('latency', { perSecond, count })
  if (times.length !== count) throw new Error(`${times.length} of ${count} jobs were seen`)

  return { p50: percentile(times, 50), p95: percentile(times, 95), p99: percentile(times, 99) }
}

/** Ended also when it failed. */
export async function withProgram<Result>(
  program: Program,
  use: (program: Program) => Promise<Result>,
): Promise<Result> {
  try {
    return await use(program)
  } finally {
    await program.end()
  }
}

function ours(perSecond: number): Contender {
  return {
    name: `thread-at-${perSecond}`,
    measure: (stage) =>
      onDatabase(stage, async (url) => {
        const queues = { bench: { limit: stage.options.limit ?? LIMIT, threads: 1 } }

        return withProgram(await startOurs(stage, url, queues), (program) =>
          measure(program, perSecond, stage),
        )
      }),
  }
}

function floor(perSecond: number): Contender {
  return {
    name: `floor-at-${perSecond}`,
    measure: (stage) =>
      onDatabase(stage, async (url) =>
        withProgram(await startRaw(url, { limit: stage.options.limit ?? LIMIT }), (program) =>
          measure(program, perSecond, stage),
        ),
      ),
  }
}

function peer(name: PeerName, perSecond: number): Contender {
  return {
    name: `${name}-at-${perSecond}`,
    measure: (stage) =>
      withPeer(stage, name, stage.options.limit ?? LIMIT, (program) =>
        measure(program, perSecond, stage),
      ),
  }
}

/** At the slower pace: some of them do not keep up with the other. */
const PEERS: readonly PeerName[] = [
  'graphile-worker',
  'graphile-worker-fast',
  'pg-boss',
  'bullmq-redis',
  'bullmq-postgres',
]

const FIGURES = [
  { figure: 'p50', most: 1.3 },
  { figure: 'p95', most: 1.5 },
  { figure: 'p99' },
] as const

function comparisonsOf(perSecond: number): Comparison[] {
  return FIGURES.flatMap(({ figure, ...bound }): Comparison[] => {
    const contender = `thread-at-${perSecond}`
    const line = {
      case: `latency/at-${perSecond}/${figure}`,
      ours: { contender, figure },
      unit: 'ms',
    }
    const rivals = perSecond === RATES[0] && figure !== 'p99' ? PEERS : []

    return [
      {
        ...line,
        reference: { contender: `floor-at-${perSecond}`, figure, label: 'insert, NOTIFY, fetch' },
        ...('most' in bound && perSecond === RATES[0]
          ? { aim: { of: 'ratio', most: bound.most } }
          : {}),
      },
      ...rivals.map((name) => ({
        ...line,
        reference: { contender: `${name}-at-${perSecond}`, figure, label: name },
      })),
    ]
  })
}

export const latencyFamily: Family = {
  contenders: [
    ...RATES.flatMap((perSecond) => [ours(perSecond), floor(perSecond)]),
    ...PEERS.map((name) => peer(name, RATES[0])),
  ],
  comparisons: RATES.flatMap(comparisonsOf),
}
