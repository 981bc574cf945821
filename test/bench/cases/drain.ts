/** How fast a queue of jobs that do nothing is emptied, and what of the main thread that takes. */
import type { Aim, Comparison } from '../comparison.ts'
import { ceiling, ceilingName, nameOf, ours, type Settings } from '../contenders.ts'
import type { Contender, Family } from '../family.ts'
import type { BenchOptions } from '../options.ts'
import { peerDrain, peerNames, type PeerName } from '../peers.ts'

interface Setting extends Settings {
  /** Jobs of one fetch of the reference. Default: the limit */
  readonly ceiling?: number
  /** Of the ceiling. */
  readonly least?: number
  /** Microseconds of the main thread for each job. */
  readonly mainUs?: number
  readonly peers?: ReadonlyArray<readonly [peer: PeerName, aim?: number]>
}

/** Those that `docs/performance.md` speaks of. */
const GRID: readonly Setting[] = [
  {
    limit: 100,
    threads: 0,
    prefetch: 0,
    least: 0.9,
    mainUs: 25,
    // The last one is also compared with batches of 1,000, which run next.
    peers: [['pg-boss'], ['bullmq-redis'], ['bullmq-postgres'], ['graphile-worker-fast']],
  },
  { limit: 100, threads: 1, prefetch: 0, least: 0.8, mainUs: 30 },
  { limit: 100, threads: 2, prefetch: 0, least: 0.7 },
  ...[0, 1, 2].map((threads) => ({
    limit: 100,
    threads,
    prefetch: 500,
    ceiling: 1_000,
    least: 0.8,
    peers: [['graphile-worker-fast', 1.2]] as const,
  })),
  { limit: 20, threads: 0, prefetch: 0 },
  { limit: 20, threads: 1, prefetch: 200, ceiling: 100, least: 0.8 },
  { limit: 10, threads: 0, prefetch: 0, mainUs: 80 },
  {
    limit: 10,
    threads: 1,
    prefetch: 0,
    least: 0.65,
    mainUs: 80,
    peers: [['graphile-worker', 2]],
  },
  { limit: 10, threads: 1, prefetch: 0, fetch: 'off', peers: [['graphile-worker', 3.5]] },
]

/** What is measured when the settings are given: one of them, beside everybody. */
function given({ limit = 100, threads, prefetch }: BenchOptions): Setting[] {
  const peers = peerNames.map((name) => [name] as const)
  const where = threads === undefined ? [0, 1] : [threads]

  return where.map((each, index) => {
    const asked = { limit, threads: each, prefetch: prefetch ?? 0 }
    const known = GRID.find((setting) => nameOf(setting) === nameOf(asked))

    return {
      ...asked,
      // With prefetch a fetch takes as much as there is room for.
      ceiling: Math.max(limit, asked.prefetch),
      ...known,
      ...(index === 0 ? { peers } : {}),
    }
  })
}

function peerContender(peer: PeerName, limit: number): string {
  return `${peer}/limit-${limit}`
}

function batchOf({ ceiling: batch, limit }: Setting): number {
  return batch ?? limit
}

/** One for each size of batches: the others are known by the first reference. */
function comparesOnward({ limit, threads }: Setting): boolean {
  return limit === 100 && threads === 0
}

function atLeast(ratio: number | undefined): { readonly aim?: Aim } {
  return ratio === undefined ? {} : { aim: { of: 'ratio', least: ratio } }
}

function comparisonsOf(setting: Setting): Comparison[] {
  const { limit, least, mainUs, peers = [] } = setting
  const batch = batchOf(setting)
  const contender = nameOf(setting)
  const speed = {
    case: `drain/${contender}`,
    ours: { contender, figure: 'jobsPerSecond' },
    unit: 'jobs/s',
  }
  const cost = (figure: string, unit: string, most?: number): Comparison => ({
    case: `drain/${contender}`,
    ours: { contender, figure },
    unit,
    ...(most === undefined ? {} : { aim: { of: 'ours', most } }),
  })

  return [
    {
      ...speed,
      reference: {
        contender: ceilingName({ limit: batch }),
        figure: 'jobsPerSecond',
        label: `raw SQL, batches of ${batch}`,
      },
      ...atLeast(least),
    },
    ...(comparesOnward(setting)
      ? [
          {
            ...speed,
            reference: {
              contender: ceilingName({ limit: batch, goesOn: true }),
              figure: 'jobsPerSecond',
              label: `raw SQL that goes on, batches of ${batch}`,
            },
          },
        ]
      : []),
    ...peers.map(([peer, bound]) => ({
      ...speed,
      reference: {
        contender: peerContender(peer, limit),
        figure: 'jobsPerSecond',
        label: `${peer}, ${limit} at once`,
      },
      ...atLeast(bound),
    })),
    cost('mainUsPerJob', 'us of the main thread', mainUs),
    cost('cpuUsPerJob', 'us of all threads'),
    cost('walBytesPerJob', 'bytes of WAL'),
    cost('rssMb', 'MB of memory', 150),
  ]
}

/** Settings of one size of batches, and what they are compared with: a machine changes within a minute. */
function sideBySide(batch: number, settings: readonly Setting[]): Contender[] {
  const group = settings.filter((setting) => batchOf(setting) === batch)

  return [
    ceiling({ limit: batch }),
    ...group.map(ours),
    ...(group.some(comparesOnward) ? [ceiling({ limit: batch, goesOn: true })] : []),
    ...group.flatMap(({ limit: atOnce, peers = [] }) =>
      peers.map(([peer]) => peerDrain(peerContender(peer, atOnce), peer, atOnce)),
    ),
  ]
}

export function drainFamily(options: BenchOptions): Family {
  const isGiven = [options.limit, options.threads, options.prefetch].some(
    (value) => value !== undefined,
  )
  const settings = isGiven ? given(options) : GRID
  const batches = new Set(settings.map(batchOf))
  const all = [...batches].flatMap((batch) => sideBySide(batch, settings))
  // What two groups are compared with takes part once, at the end of the first: beside both.
  const contenders = new Map(all.map((each) => [each.name, each]))

  return { contenders: [...contenders.values()], comparisons: settings.flatMap(comparisonsOf) }
}
