/** Heartbeats, and the comparison of what the database believes with what this node holds. */
import type { RefresherInput } from '../actors/refresher.ts'
import { executingJobs, settleJobs } from '../engine/jobs.ts'
import { beatProducers, removeProducer, unmirrorProducer } from '../engine/producers.ts'
import { giveBack } from '../protocol/outcome.ts'
import { difference, glance, type Executing } from '../protocol/reconcile.ts'
import type { Tenure } from '../protocol/tenure.ts'
import { abortRun } from './abort-run.ts'
import { mirror } from './queues/claim.ts'
import { reallyLost } from './queues/own-job.ts'
import { reportFailure } from './report.ts'
import type { Runtime } from './runtime.ts'
import { spanOf } from '../telemetry/span.ts'

const beatSpan = spanOf('refresher.beat')
const resignSpan = spanOf('refresher.resign')

export function refresherInput(runtime: Runtime, intervalMs: number): RefresherInput {
  const { clock, faults, origin } = runtime

  return {
    intervalMs,
    now: clock.now,
    beat: async () => {
      await beat(runtime)
      faults.clear('database')
    },
    resign: () => resign(runtime),
    onReturned: () => {
      announceReturn(runtime)
    },
    onFailed: (error) => {
      faults.note('database', error)
      reportFailure(origin, 'refresher', error)
    },
  }
}

/** One beat for every producer of this node, one comparison, and what follows from both. */
async function beat(runtime: Runtime): Promise<void> {
  // A row that is being written would look as if others had deleted it.
  const held = [...runtime.tenures].filter(
    ({ phase, registrations, isLost }) => phase !== 'new' && registrations === 0 && !isLost,
  )
  if (runtime.tenures.size === 0) return
  // With none to beat for yet, it is still the one to find out that the database is back.
  await beatSpan.around(
    { ...runtime.origin, count: held.length },
    () => beatHeld(runtime, held),
    () => ({}),
  )
}

async function beatHeld(runtime: Runtime, held: readonly Tenure[]): Promise<void> {
  const { clock, connections } = runtime
  const sentAtMs = clock.monotonicMs()
  const rows = await beatProducers(
    connections.beat,
    held.map(({ uuid }) => uuid),
  )
  const alive = new Set(rows.map(({ uuid }) => uuid))
  for (const tenure of held) if (!alive.has(tenure.uuid)) lose(runtime, tenure)
  const living = held.filter(({ uuid }) => alive.has(uuid))
  const unheld = await compare(runtime, living)
  for (const tenure of living) {
    tenure.trust(sentAtMs)
    runtime.pools.get(tenure)?.renewed()
  }
  // A lock may hold these up, for which the next beat must not wait.
  void tidy(runtime, living, unheld)
}

/** A last comparison, after which nothing of this node is left in the database. */
async function resign(runtime: Runtime): Promise<void> {
  const held = [...runtime.tenures].filter(({ isLost }) => !isLost)
  await resignSpan.around(
    { ...runtime.origin, count: held.length },
    async () => {
      for (const tenure of held) tenure.retire()
      await returnUnheld(runtime, await compare(runtime, held))
      await windUp(runtime)
    },
    () => ({}),
  )
}

/** What a beat leads to. What fails here is found again by the next. */
async function tidy(
  runtime: Runtime,
  living: readonly Tenure[],
  unheld: readonly Executing[],
): Promise<void> {
  try {
    await returnUnheld(runtime, unheld)
    for (const tenure of living) {
      // Resigning meanwhile takes mirrored rows away: nobody would take away one written after that.
      if (runtime.tenures.has(tenure)) await mirror(runtime, tenure)
    }
    await windUp(runtime)
  } catch (error) {
    reportFailure(runtime.origin, 'refresher', error)
  }
}

/** Nobody need wait for the database any longer: waits grow with an outage. */
function announceReturn({ queues, tell }: Runtime): void {
  tell('acker', { type: 'database.returned' })
  for (const queue of queues.keys()) tell(`queue/${queue}/producer`, { type: 'database.returned' })
}

/** Somebody has declared a producer dead: what it ran belongs to others. */
function lose(runtime: Runtime, tenure: Tenure): void {
  tenure.isLost = true
  tenure.forgetUnstarted()
  // Threads end with the queue that starts again; bodies on the main thread can only be asked to.
  for (const run of tenure.running()) abortRun(runtime, run, 'OBAN_CANCELLED')
  if (tenure.phase === 'held') {
    runtime.tell(`queue/${tenure.queue}/producer`, { type: 'tenure.lost', uuid: tenure.uuid })
  }
}

/** Abort what runs here and belongs to others; resolves to the rows that nobody here holds. */
async function compare(
  runtime: Runtime,
  tenures: readonly Tenure[],
): Promise<readonly Executing[]> {
  if (tenures.length === 0) return []
  const glances = tenures.map(glance)
  const rows = await executingJobs(
    runtime.connections.beat,
    [...new Set(tenures.map(({ queue }) => queue))],
    tenures.map(({ uuid }) => uuid),
  )
  const { unheld, lost } = difference(glances, rows)
  for (const run of await reallyLost(runtime, lost)) abortRun(runtime, run, 'OBAN_CANCELLED')

  return unheld
}

async function returnUnheld(
  { connections, tell }: Runtime,
  unheld: readonly Executing[],
): Promise<void> {
  if (unheld.length === 0) return
  // Who changes many jobs locks their rows by id: in another order each could wait for the other.
  const inOrder = unheld.toSorted((a, b) => Number(a.id) - Number(b.id))
  await settleJobs(connections.stage, JSON.stringify(inOrder.map(giveBack)))
  tell('stager', { type: 'stage.now' })
}

/** Take away the rows of retired tenures that hold nothing any more. */
export async function windUp(runtime: Runtime): Promise<void> {
  const { tenures, connections, schema } = runtime
  for (const tenure of tenures) {
    if (!tenure.isSpent) continue
    if (tenure.isLost) {
      tenures.delete(tenure)
      continue
    }
    const removed = await removeProducer(connections.stage, tenure.uuid)
    // A row that stays still carries a job: the next comparison gives it back.
    if (removed.length === 0) continue
    tenures.delete(tenure)
    if (schema.hasProducers) await unmirrorProducer(connections.stage, tenure.uuid)
  }
}
