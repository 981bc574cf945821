/** A load: so many jobs through so many nodes on one database, and what came of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'pg'
import { Oban } from '../../src/index.ts'
import { askRows, findings, rerunsOf, type Evidence, type NodeEvidence } from './findings.ts'
import { growthOf } from './growth.ts'
import { endings, requests } from './kinds.ts'
import { readLedger } from './ledger.ts'
import { LoadNode, type Sample } from './load-node.ts'

export interface LoadOptions {
  /** A database with the tables of Oban, and no jobs. */
  readonly url: string
  readonly jobs: number
  readonly nodes: number
  /** Jobs at once, on each node. */
  readonly limit: number
  /** Threads of each node. */
  readonly threads: number
  /** The longest that it may take until the last job has ended, in milliseconds. */
  readonly withinMs: number
  /** Told now and then how far it is. */
  readonly onProgress: (line: string) => void
  /** Ends it early, with what it was aborted with. Default: nothing does */
  readonly signal?: AbortSignal
}

export interface Summary {
  readonly ok: boolean
  readonly findings: readonly string[]
  /** Whether the memory of all nodes was watched for long enough to say that it does not grow. */
  readonly memory: 'judged' | 'over too soon'
  readonly jobs: number
  readonly seconds: { readonly enqueueing: number; readonly all: number }
  readonly perSecond: number
  /** Threads that crashed, and bodies that began again though their attempt did not count. */
  readonly crashes: number
  readonly reruns: number
  readonly nodes: readonly (Omit<NodeEvidence, 'counts'> & { readonly done: number })[]
  /** Queries that failed meanwhile, and what supervisors reported: no defect by themselves. */
  readonly problems: readonly string[]
}

const QUEUE = 'load'

/** Time between two looks at the memory of a node. Each collects garbage, which costs what a hundred jobs do. */
const SAMPLE_MS = 4_000

/** States in which a job still has something before it. */
const OPEN = `
  SELECT state::text FROM oban_jobs
   WHERE state IN ('available', 'executing', 'scheduled', 'retryable') LIMIT 1`

const ONLY_RETRYABLE = `
  SELECT NOT EXISTS (SELECT FROM oban_jobs WHERE state IN ('available', 'executing', 'scheduled'))
     AND EXISTS (SELECT FROM oban_jobs WHERE state = 'retryable') AS answer`

interface Stage {
  readonly options: LoadOptions
  readonly pool: Pool
  /** Enqueues, and runs nothing. */
  readonly client: Oban
  readonly nodes: readonly LoadNode[]
  readonly ledger: string
}

function count({ nodes }: Stage, pick: (sample: Sample) => number): number {
  return nodes.reduce((sum, { last }) => sum + (last ? pick(last) : 0), 0)
}

function problemsOf(nodes: readonly LoadNode[]): string[] {
  return nodes.flatMap(({ last, name }) =>
    (last?.problems ?? []).map((problem) => `${name}: ${problem}`),
  )
}

/** Resolves when every job has ended. @throws {Error} when a node is gone, or it takes too long */
async function untilEnded(stage: Stage, deadlineMs: number): Promise<void> {
  const { client, nodes, options, pool } = stage
  for (;;) {
    const { rows } = await pool.query(OPEN)
    if (rows.length === 0) return
    const done = count(stage, ({ counts }) => counts.success)
    options.onProgress(`${done} of ${options.jobs} are done; one is ${rows[0].state}`)
    options.signal?.throwIfAborted()
    const gone = nodes.find(({ hasEnded }) => hasEnded)
    if (gone) throw new Error(`${gone.name} has ended`)
    if (performance.now() > deadlineMs) {
      throw new Error([`${done} are done when time is up`, ...problemsOf(nodes)].join('\n'))
    }
    // The wait of a crashed job for its next attempt is nothing to watch.
    const { rows: waits } = await pool.query(ONLY_RETRYABLE)
    if (waits[0].answer === true) await client.retryManyJobs({ state: 'retryable' })
    await pause(1_000)
  }
}

function evidenceOf({ name, samples }: LoadNode, code: number | null): NodeEvidence {
  const working = samples.filter(({ event }) => event === 'sample')
  const none = { success: 0, failure: 0, snoozed: 0, lost: 0, rescued: 0, exits: 0 }

  return {
    node: name,
    code,
    counts: samples.at(-1)?.counts ?? none,
    heap: growthOf(working.map(({ atMs, heapMb }) => ({ atMs, mb: heapMb }))),
    rss: growthOf(working.map(({ atMs, rssMb }) => ({ atMs, mb: rssMb }))),
  }
}

async function work(stage: Stage): Promise<Summary> {
  const { client, nodes, options, pool } = stage
  await Promise.all(nodes.map((node) => node.ready()))
  const startedAtMs = performance.now()
  const secondsSince = () => Math.round((performance.now() - startedAtMs) / 100) / 10
  await client.enqueueMany(requests(options.jobs, QUEUE))
  const enqueueing = secondsSince()
  options.onProgress(`${options.jobs} are enqueued after ${enqueueing} s`)
  await untilEnded(stage, startedAtMs + options.withinMs)
  const all = secondsSince()
  const codes = await Promise.all(nodes.map((node) => node.stop()))
  const evidence: Evidence = {
    jobs: options.jobs,
    perThread: Math.ceil(options.limit / options.threads),
    ...(await askRows(pool)),
    ledger: readLedger(stage.ledger),
    nodes: nodes.map((node, index) => evidenceOf(node, codes[index] ?? null)),
  }
  const found = findings(evidence)

  return {
    ok: found.length === 0,
    findings: found,
    memory: evidence.nodes.every(({ heap, rss }) => heap && rss) ? 'judged' : 'over too soon',
    jobs: options.jobs,
    seconds: { enqueueing, all },
    perSecond: Math.round(options.jobs / all),
    crashes: endings(options.jobs).find(({ worker }) => worker === 'Load.Crashes')?.count ?? 0,
    reruns: rerunsOf(evidence),
    nodes: evidence.nodes.map(({ counts, ...node }) => ({ ...node, done: counts.success })),
    problems: problemsOf(nodes),
  }
}

/**
 * Run it. Nothing of it is left afterwards but the rows.
 *
 * @throws {Error} when a node does not come up or ends by itself, or when time is up
 */
export async function runLoad(options: LoadOptions): Promise<Summary> {
  const { url, limit, threads } = options
  const ledger = mkdtempSync(join(tmpdir(), 'oban-load-'))
  const pool = new Pool({ connectionString: url, max: 2 })
  const client = new Oban({ database: url, name: ledger, logger: false })
  const nodes = Array.from(
    { length: options.nodes },
    (_, index) =>
      new LoadNode({
        node: `node.${index + 1}`,
        url,
        queues: { [QUEUE]: { limit, threads } },
        ledger,
        sampleMs: SAMPLE_MS,
      }),
  )
  try {
    return await work({ options, pool, client, nodes, ledger })
  } finally {
    await Promise.all(nodes.map((node) => node.kill()))
    await client.stop()
    await pool.end()
    rmSync(ledger, { recursive: true })
  }
}
