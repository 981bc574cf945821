/** A node in a process of its own that takes part in elections, to be killed and frozen by a test. */
import { forkProgram, Watchers, type Forked } from './forked.ts'

export interface Told {
  readonly event: 'connected' | 'election' | 'isolated'
  readonly node: string
  readonly atMs: number
  /** How long it believed then that it leads; 0 or less when it did not. */
  readonly trustedForMs: number
  readonly leader?: boolean
  readonly wasLeader?: boolean
}

export interface LeaderProcess extends Forked {
  readonly told: readonly Told[]
  /** Resolves with the first that passes, of those from `from` on. */
  readonly until: (test: (told: Told) => boolean, from?: number) => Promise<Told>
}

function isTold(message: unknown): message is Told {
  return typeof message === 'object' && message !== null && 'trustedForMs' in message
}

export function startLeaderProcess(url: string, leaseMs: number): LeaderProcess {
  const told: Told[] = []
  const watchers = new Watchers()
  const forked = forkProgram({
    program: 'leader-node.mjs',
    input: { url, leaseMs },
    isTold,
    onTold: (each) => {
      told.push(each)
      watchers.look()
    },
  })

  return {
    ...forked,
    told,
    until: (test, from = 0) => watchers.until(() => told.slice(from).find(test)),
  }
}

/** From when until when a node believed that it leads, on the wall clock that all of them share. */
export interface Belief {
  readonly node: string
  readonly fromMs: number
  readonly untilMs: number
}

/** A node that was killed or frozen believed for as long as its trust lasted, at most. */
export function beliefsOf({ told }: Pick<LeaderProcess, 'told'>): Belief[] {
  const beliefs: Belief[] = []
  for (const { node, atMs, trustedForMs, leader, wasLeader } of told) {
    const last = beliefs.at(-1)
    const untilMs = atMs + Math.max(0, trustedForMs)
    if (leader && !wasLeader) beliefs.push({ node, fromMs: atMs, untilMs })
    else if (leader && last) beliefs.splice(-1, 1, { ...last, untilMs })
    else if (wasLeader && last && !leader) {
      beliefs.splice(-1, 1, { ...last, untilMs: Math.min(last.untilMs, atMs) })
    }
  }

  return beliefs
}

/** Pairs of nodes that believed at the same time that they lead. */
export function overlaps(beliefs: readonly Belief[]): [Belief, Belief][] {
  const sorted = beliefs.toSorted((a, b) => a.fromMs - b.fromMs)

  return sorted
    .flatMap((belief, index) => {
      const next = sorted[index + 1]

      return next !== undefined && next.fromMs < belief.untilMs ? [[belief, next] as const] : []
    })
    .map(([one, other]) => [one, other])
}
