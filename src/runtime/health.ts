/** Looks at the whole node, with one query that is bounded in time and in what it reads. */
import type { ClientConfig } from 'pg'
import { errand } from '../engine/errand.ts'
import { lookQueues } from '../engine/jobs.ts'
import type { Health, HealthProblem, QueueHealth } from '../health.ts'
import { isLeading } from './nodes/lead.ts'
import { currentTenure, type Runtime } from './runtime.ts'

/** The longest wait for the database's answer. */
const ANSWER_MS = 2_000

/** No count goes higher. */
const BOUND = 10_000

type Stored = Pick<QueueHealth, 'available' | 'executing' | 'oldestAvailableSeconds'>

interface Answer {
  readonly leader: string | null
  readonly queues: ReadonlyMap<string, Stored>
}

const UNKNOWN: Stored = { available: null, executing: null, oldestAvailableSeconds: null }

/** Never rejects: a database that is away is part of the answer. */
export async function checkHealth(runtime: Runtime, connect: ClientConfig): Promise<Health> {
  const { config, faults, reach } = runtime
  const answer = await ask(runtime, connect)
  const queues = [...runtime.queues.keys()].map((queue) => ({
    ...queueHere(runtime, queue),
    ...(answer?.queues.get(queue) ?? UNKNOWN),
  }))
  const { connectivity } = reach
  const isHeard = connectivity === 'solitary' || connectivity === 'clustered'
  const ok = answer !== undefined && queues.every(({ up }) => up)

  return {
    ok,
    instance: config.name,
    node: config.node,
    database: answer === undefined ? 'down' : 'up',
    notifier: connectivity,
    leader: { isLeader: isLeading(runtime), node: answer?.leader ?? null },
    queues,
    problems: [
      ...(answer === undefined ? problem('database', faults.get('database')) : []),
      ...(isHeard ? [] : problem('notifier', faults.get('notifier'))),
      ...queues.filter(({ up }) => !up).map(({ queue }) => queueProblem(queue)),
    ],
  }
}

function problem(
  part: string,
  fault: Omit<HealthProblem, 'part'> = { since: null, reason: 'it has not come up yet' },
): HealthProblem[] {
  return [{ part, ...fault }]
}

function queueProblem(queue: string): HealthProblem {
  return {
    part: `queue/${queue}`,
    since: null,
    reason: 'it has no producer that works: it is starting, draining or restarting',
  }
}

type Here = Omit<QueueHealth, keyof Stored>

function queueHere(runtime: Runtime, queue: string): Here {
  const settings = runtime.queues.get(queue)
  const producer = runtime.whereis(`queue/${queue}/producer`)?.getSnapshot()
  const paused = producer?.matches('paused') === true

  return {
    queue,
    limit: producer?.context.limit ?? settings?.limit ?? 0,
    paused: paused || (producer === undefined && settings?.paused === true),
    up: paused || producer?.matches('running') === true,
    running: currentTenure(runtime, queue)?.running().length ?? 0,
  }
}

/** Over a connection of its own: so it also tells whether one can be had. */
async function ask(runtime: Runtime, connect: ClientConfig): Promise<Answer | undefined> {
  const { clock, config, faults, queues } = runtime
  const deadline = new AbortController()
  const cancel = clock.after(ANSWER_MS, () => {
    deadline.abort(new Error(`the database has not answered within ${ANSWER_MS} ms`))
  })
  const { prefix } = config
  const { signal } = deadline
  try {
    const [row] = await errand(
      // Longer than the deadline, which says more than the driver does.
      { role: 'health', connect, prefix, timeoutMs: 2 * ANSWER_MS, signal },
      (db) => lookQueues(db, config.name, [...queues.keys()], BOUND),
    )
    faults.clear('database')
    const stored: Array<Stored & { queue: string }> = JSON.parse(row?.queues ?? '[]')

    return {
      leader: row?.leader ?? null,
      queues: new Map(stored.map(({ queue, ...rest }) => [queue, rest])),
    }
  } catch (error) {
    faults.note('database', error)

    return undefined
  } finally {
    cancel()
  }
}
