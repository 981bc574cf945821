/** One run of the chaos: nodes at work, faults as scheduled, and a judgement at the end. */
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { install } from '../../src/engine/migrator.ts'
import { startPrivateServer } from '../support/server.ts'
import { Cast } from './cast.ts'
import type { FaultKind, Stage } from './faults/fault-kind.ts'
import { prepareSabotage } from './faults/sabotage.ts'
import { ROLLED_BACK, type Feeder } from './feeder.ts'
import { violations, type Story, type Violation } from './invariants.ts'
import { dropouts, misbehaviour, mixture, Plain, ROUGH } from './jobs.ts'
import { pastMinute } from './past-minute.ts'
import { queuesOf } from './queues.ts'
import { report } from './report.ts'
import { CALM_MS, schedule, type Step } from './schedule.ts'
import { Theatre } from './theatre.ts'
import { until } from './until.ts'

export interface RunOptions {
  readonly seed: number
  readonly minutes: number
  /** How many nodes work at once. */
  readonly nodes: number
  readonly faults: readonly FaultKind[]
  /** Faults that would last longer are cut short. Default: none is */
  readonly longestMs?: number
  /** Told what happens as it happens. */
  readonly onLine: (line: string) => void
  /** Ends the run before its time, without a judgement. */
  readonly signal?: AbortSignal
}

export interface Summary {
  readonly seed: number
  readonly minutes: number
  readonly nodes: number
  /** Jobs that were stored. */
  readonly jobs: number
  /** Times that a body was run. */
  readonly runs: number
  /** Processes that were started. */
  readonly processes: number
  /** How often each fault struck. */
  readonly faults: Readonly<Record<string, number>>
  /** How many jobs came to each state. */
  readonly states: Readonly<Record<string, number>>
  readonly violations: readonly Violation[]
}

export interface Outcome {
  readonly summary: Summary
  /** The timelines of the first jobs that something is wrong with, and what the nodes told. */
  readonly report: string
}

/** Jobs may wait for a rescue, and for what is retried in seconds; a slow machine ends some meanwhile. */
const SETTLED_WITHIN_MS = 90_000

/** How long nodes may rest and stop. */
const STOPPED_WITHIN_MS = 30_000

const SERVER_SETTINGS = {
  // Few enough to be taken by others.
  max_connections: '80',
  // Sessions that wait for each other are to be found while the acknowledgement still waits.
  deadlock_timeout: '200ms',
}

export async function run(options: RunOptions): Promise<Outcome> {
  const server = await startPrivateServer({ settings: SERVER_SETTINGS })
  try {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await install(client, { prefix: 'public' })
    await prepareSabotage((text) => client.query(text))
    await client.end()
    const theatre = await Theatre.open(server.url)
    try {
      const complaints: Violation[] = []
      const slots = slotsOf(options.nodes)
      const cast = await Cast.open(theatre, slots, (slot) => ({ ...queuesOf(slot), rough: ROUGH }))
      const complain = (what: string) => complaints.push({ what })

      return await play({ server, theatre, cast, complain }, options, complaints)
    } finally {
      await theatre.close()
    }
  } finally {
    await server.remove()
  }
}

/** What will be broken when; nothing, where there is no room for a fault and the calm after it. */
export function stepsOf({
  seed,
  minutes,
  nodes,
  faults,
  longestMs = Infinity,
}: Pick<RunOptions, 'faults' | 'longestMs' | 'minutes' | 'nodes' | 'seed'>): Step[] {
  return schedule(seed, minutes, { faults, nodes: slotsOf(nodes), longestMs })
}

function slotsOf(nodes: number): [string, ...string[]] {
  const others = Array.from({ length: nodes - 1 }, (_, index) => slotAt(index + 1))

  return [slotAt(0), ...others]
}

function slotAt(index: number): string {
  return `n${index + 1}`
}

async function play(stage: Stage, given: RunOptions, complaints: Violation[]): Promise<Outcome> {
  const { theatre } = stage
  const feeders = startFeeders(stage)
  const signal = AbortSignal.any([theatre.broken, ...(given.signal ? [given.signal] : [])])
  const options = { ...given, signal }
  const steps = stepsOf(given)
  await strikeAll(stage, steps, options)
  await pause(CALM_MS, undefined, { signal: options.signal })
  await Promise.all(feeders.map((feeder) => feeder.stop()))
  await settled(stage, options)
  await pastMinute(STOPPED_WITHIN_MS, signal)
  await settled(stage, options)
  options.onLine('stopping')
  await Promise.all(stage.cast.nodes().map((node) => node.rest()))
  await theatre.countSessions('rest')
  await stopNodes(stage)
  await theatre.countSessions('end')

  const story = await theatre.story()
  const found = [...complaints, ...violations(story), ...(await ofGhosts(theatre))]

  return {
    summary: summarise(options, story, { theatre, steps, found }),
    report: report(story, found, theatre.log()),
  }
}

function startFeeders({ theatre, cast }: Stage): Feeder[] {
  const own = cast.slots.map((slot) => `own-${slot}`)
  let turn = 0

  return [
    theatre.feed(2_000, () => {
      turn += 1

      return [...dropouts('rough', 100), ...misbehaviour('rough', turn)]
    }),
    theatre.feed(250, () => [
      ...mixture('shared', 40),
      ...mixture('inline', 20),
      ...own.map((queue) => Plain.new({ ms: 10 }, { queue })),
    ]),
    theatre.feedTransactions(400, () => [Plain.new({ ms: 20 }, { queue: 'shared' })]),
  ]
}

async function strikeAll(
  stage: Stage,
  steps: readonly Step[],
  { faults, onLine, signal }: RunOptions,
): Promise<void> {
  const beganMs = performance.now()
  const striking: Promise<void>[] = []
  try {
    for (const step of steps) {
      const waitMs = Math.max(0, beganMs + step.atMs - performance.now())
      // oxlint-disable-next-line no-await-in-loop
      await pause(waitMs, undefined, { signal })
      const kind = faults.find(({ name }) => name === step.fault)
      if (kind === undefined) continue
      onLine(`${(step.atMs / 1_000).toFixed(1)} s: ${describe(step)}`)
      striking.push(strike(stage, kind, step))
    }
  } finally {
    // Also when the run is ended early: what they broke is repaired.
    await Promise.all(striking)
  }
}

function describe({ fault, target, durationMs }: Step): string {
  return `${fault} of ${target}${durationMs > 0 ? ` for ${durationMs} ms` : ''}`
}

/** Faults of one node come one after the other, as one may replace its process. */
async function strike(stage: Stage, kind: FaultKind, step: Step): Promise<void> {
  const { cast, theatre, complain } = stage
  const act = async () => {
    const beganAtMs = Date.now()
    try {
      const node = await kind.strike(stage, step)
      theatre.note(describe(step), { beganAtMs, ...(node !== undefined && { node }) })
    } catch (error) {
      complain(`${describe(step)}: ${String(error)}`)
    }
  }

  return kind.aim === 'node' ? cast.exclusively(step.target, act) : act()
}

/** Wait for all jobs, while their number falls; which of them are left, and why, is for the checks to say. */
async function settled({ theatre, complain }: Stage, { signal }: RunOptions): Promise<void> {
  const left = async () => {
    const rows = await theatre.query(
      `SELECT FROM oban_jobs WHERE state NOT IN ('cancelled', 'completed', 'discarded')`,
    )

    return rows.length
  }
  try {
    for (let open = await left(); open > 0; open = await left()) {
      signal?.throwIfAborted()
      const before = open
      await until('more jobs end', async () => (await left()) < before, SETTLED_WITHIN_MS)
    }
  } catch (error) {
    signal?.throwIfAborted()
    complain(String(error))
  }
}

async function stopNodes({ theatre, cast, complain }: Stage): Promise<void> {
  await Promise.all(
    cast.nodes().map(async (node) => {
      const code = await node.terminate()
      if (code !== 0) complain(`${node.name} ended with code ${code} at the end`)
    }),
  )
  const left = await theatre.query<{ node: string }>(
    'SELECT DISTINCT node FROM oban_ts_producers WHERE dead_at IS NULL',
  )
  for (const { node } of left) complain(`${node} left a producer behind`)
}

/** What was rolled back never was there. */
async function ofGhosts(theatre: Theatre): Promise<Violation[]> {
  const ghosts = await theatre.query<{ id: string }>(
    `SELECT DISTINCT id FROM chaos_changes WHERE meta ? '${ROLLED_BACK}'`,
  )

  return ghosts.map(({ id }) => ({ id: Number(id), what: 'was rolled back and is stored' }))
}

function summarise(
  { seed, minutes, nodes }: RunOptions,
  { changes, runs }: Story,
  { theatre, steps, found }: { theatre: Theatre; steps: readonly Step[]; found: Violation[] },
): Summary {
  const last = new Map(changes.map(({ id, state }) => [id, state]))

  return {
    seed,
    minutes,
    nodes,
    jobs: last.size,
    runs: runs.length,
    processes: theatre.nodes.length,
    faults: count(steps.map(({ fault }) => fault)),
    states: count([...last.values()]),
    violations: found,
  }
}

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1

  return counts
}
