/** What the peer does to the database, and who is told what comes of it. */
import type { Election, LeadershipMessage, PeerInput } from '../../actors/peer.ts'
import { electLeader, livePythonLeaders, renewLeader, resignLeader } from '../../engine/leaders.ts'
import { emit } from '../../telemetry/channels.ts'
import { spanOf } from '../../telemetry/span.ts'
import { reportFailure } from '../report.ts'
import type { Runtime } from '../runtime.ts'
import { settleMode } from './stager-mode.ts'

/** What an election needs of the runtime. */
export type Candidate = Pick<
  Runtime,
  'clock' | 'config' | 'connections' | 'leadership' | 'origin' | 'outlet' | 'reach' | 'tell'
>

/** Whoever works only on the leader. A new one is told with the others, and asks when it starts. */
const WATCHERS = ['pruner', 'metrics', 'reindexer', 'vacuumer'] as const

/** Attempts to renew or to be elected while the lease runs. */
const TRIES = 30

const electionSpan = spanOf('peer.election')

const NOT_LEADING: Election = { leads: false, trustedForMs: 0, freeInMs: 0 }

/** Whether this node leads now. Ask right before each act of a leader. */
export function isLeading({ clock, leadership }: Pick<Runtime, 'clock' | 'leadership'>): boolean {
  return leadership.isTrusted(clock.monotonicMs())
}

export function peerInput(runtime: Candidate): PeerInput {
  const { leadership, origin } = runtime
  const { leaseMs } = leadership

  return {
    renewalMs: leaseMs / 2,
    retryMs: leaseMs / TRIES,
    elect: () => traced(runtime, elect),
    renew: () => traced(runtime, renew),
    resign: () => resign(runtime),
    tell: (message, watcher) => {
      tell(runtime, message, watcher)
    },
    onDecided: (leader, wasLeader) => {
      if (!leader) leadership.distrust()
      emit('peer.election', { ...origin, leader, wasLeader })
      settleMode(runtime, leader)
    },
    onFailed: (error) => {
      reportFailure(origin, 'peer', error)
    },
  }
}

function traced(
  runtime: Candidate,
  act: (runtime: Candidate) => Promise<Election>,
): Promise<Election> {
  return electionSpan.around(
    { ...runtime.origin, wasLeader: isLeading(runtime) },
    () => act(runtime),
    ({ leads }) => ({ leader: leads }),
  )
}

function tell(runtime: Candidate, message: LeadershipMessage, watcher?: string): void {
  for (const name of WATCHERS) {
    if (watcher === undefined || watcher === name) runtime.tell(name, message)
  }
}

async function elect(runtime: Candidate): Promise<Election> {
  const { clock, config, connections, leadership } = runtime
  const sentAtMs = clock.monotonicMs()
  const [row] = await electLeader(
    connections.beat,
    config.name,
    config.node,
    leadership.leaseMs / 1_000,
    leadership.electedAt,
  )
  if (typeof row?.elected_at === 'string') leadership.hold(row.elected_at, sentAtMs)
  else leadership.lose()

  return outcome(runtime, Number(row?.left_ms ?? 0))
}

async function renew(runtime: Candidate): Promise<Election> {
  const { clock, config, connections, leadership } = runtime
  const { electedAt } = leadership
  const sentAtMs = clock.monotonicMs()
  const [row] =
    electedAt === null
      ? []
      : await renewLeader(
          connections.beat,
          config.name,
          config.node,
          leadership.leaseMs / 1_000,
          electedAt,
        )
  // The trust has ended meanwhile, and perhaps another term has begun: this answer is not about it.
  if (leadership.electedAt !== electedAt || !isLeading(runtime)) return NOT_LEADING
  if (row === undefined) leadership.lose()
  else leadership.hold(row.elected_at, sentAtMs)

  return outcome(runtime)
}

function outcome({ clock, leadership }: Candidate, freeInMs = 0): Election {
  const trustedForMs = Math.max(0, leadership.trustedForMs(clock.monotonicMs()))
  const leads = trustedForMs > 0

  return { leads, trustedForMs, freeInMs: Math.min(Math.max(0, freeInMs), leadership.leaseMs) }
}

/** Make the place free for others; nobody acts for this node from here on. */
async function resign({ config, connections, leadership, outlet }: Candidate): Promise<void> {
  const { electedAt } = leadership
  leadership.distrust()
  if (electedAt === null) return
  const { name, node } = config
  const message = { action: 'resign', name, node }
  const payload = JSON.stringify(message)
  await resignLeader(connections.beat, name, node, electedAt, outlet.riding('ts'), payload)
  outlet.echo('ts', [message])
  leadership.lose()
}

/** oban-py's leader rescues what runs for longer than five minutes, wherever it runs: say so. */
export async function warnOfPython({ connections, origin, schema }: Runtime): Promise<void> {
  if (!schema.hasLeaders) return
  try {
    const rows = await livePythonLeaders(connections.rescue)
    const nodes = rows.map(({ node }) => node)
    if (nodes.length > 0) emit('python.leads', { ...origin, nodes })
  } catch (error) {
    // What is only a warning must not keep an instance from starting.
    reportFailure(origin, 'start', error)
  }
}
