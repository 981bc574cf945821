/** What is to be broken when: a pure function of a seed. */
import { seeded, type Random } from '../tree/fire/random.ts'
import type { Aim } from './faults/fault-kind.ts'

/** What the schedule must know of a fault. */
export interface Breakable {
  readonly name: string
  /** What it does, for `--help`. */
  readonly summary: string
  readonly aim: Aim
  /** How long it may last, in milliseconds; both 0 for what happens in a moment. */
  readonly lastsMs: readonly [shortest: number, longest: number]
}

export interface Step {
  /** Since the beginning. */
  readonly atMs: number
  readonly fault: string
  /** The slot of a node, a role of connections, or `database`. */
  readonly target: string
  readonly durationMs: number
}

export interface ScheduleOptions {
  readonly faults: readonly Breakable[]
  /** Slots of the nodes. */
  readonly nodes: readonly [string, ...string[]]
  /** What would last longer is cut short. Default: nothing is. */
  readonly longestMs?: number
}

/** The first fault meets nodes that have work. */
const FIRST_AT_MS = 3_000

/** Longer than nodes may take to be back at work, so that each calm is judged. */
export const CALM_MS = 12_000

/** How soon a fault may follow upon another that lasts. */
const OVERLAP_MS = 5_000

export const ROLES = ['fetch', 'stage', 'ack', 'beat', 'rescue', 'notifier', 'client'] as const

/**
 * Every fault comes once before any comes again. About half of them begin while another lasts; the
 * others after a calm in which all nodes must be back at work, and so does the end.
 */
export function schedule(
  seed: number,
  minutes: number,
  { faults, nodes, longestMs = Infinity }: ScheduleOptions,
): Step[] {
  // Neighbouring seeds would begin alike.
  const random = seeded(Math.imul(seed, 2_654_435_761))
  const endMs = minutes * 60_000 - CALM_MS
  const steps: Step[] = []
  let deck: Breakable[] = []
  let atMs = FIRST_AT_MS
  let quietAtMs = 0
  while (atMs < endMs) {
    if (deck.length === 0) deck = random.shuffled(faults)
    const kind = deck.pop()
    if (kind === undefined) break
    const durationMs = Math.min(longestMs, duration(random, kind))
    if (atMs + durationMs > endMs) {
      // Too long for what is left: the next card may be shorter.
      atMs += 1_000
      continue
    }
    steps.push({ atMs, fault: kind.name, target: target(random, kind, nodes), durationMs })
    quietAtMs = Math.max(quietAtMs, atMs + durationMs)
    atMs =
      random.below(2) === 0
        ? atMs + random.below(OVERLAP_MS)
        : quietAtMs + CALM_MS + random.below(2_000)
  }

  return steps
}

function duration(random: Random, { lastsMs: [shortest, longest] }: Breakable): number {
  return shortest + random.below(longest - shortest + 1)
}

function target(random: Random, { aim }: Breakable, nodes: readonly [string, ...string[]]): string {
  switch (aim) {
    case 'node':
      return random.one(nodes)
    case 'role':
      return random.one(ROLES)
    case 'database':
      return 'database'
  }
}
