/** What happened while everything was broken, as the database, the bodies and the nodes wrote it down. */
import type { Change, Death, Term } from './history.ts'
import type { Run } from './ledger.ts'
import type { NodeEvent } from './node-process.ts'
import type { Held } from './sessions.ts'

/** A node, from its start to its end. */
export interface Life {
  readonly node: string
  readonly pid: number
  /** How its process ended, if it has. */
  readonly exit: Exit | undefined
  /** From when to when it was meant to work. */
  readonly readyAtMs: number
  readonly dismissedAtMs: number
  /** The most jobs at once, by queue. */
  readonly limits: ReadonlyMap<string, number>
  /** Names of the entries of its crontab, which are due each minute. */
  readonly crons: readonly string[]
  /** Its telemetry, its log, and its figures, in order. */
  readonly told: readonly NodeEvent[]
}

export interface Exit {
  readonly atMs: number
  /** Null for one that was killed. */
  readonly code: number | null
}

/** Something that was broken on purpose. */
export interface Fault {
  readonly what: string
  readonly beganAtMs: number
  /** From when on the nodes can work again. What happens in a moment is over as it begins. */
  readonly overAtMs: number
  /** The node that it hit; missing where all of them can feel it. */
  readonly node?: string
}

export interface Story {
  readonly changes: readonly Change[]
  readonly deaths: readonly Death[]
  readonly terms: readonly Term[]
  readonly runs: readonly Run[]
  readonly lives: readonly Life[]
  readonly faults: readonly Fault[]
  /** What nodes held on the server, where that was looked at. */
  readonly sessions: readonly Held[]
  /** Ids of the jobs whose insertion was confirmed to the program that made them. */
  readonly confirmed: readonly number[]
}

export interface Violation {
  readonly what: string
  /** The job whose timeline tells more. */
  readonly id?: number
}

/** How soon every node must be at work again after a fault. */
export const RECOVERY_MS = 10_000

/** A heart that stands still for so long may be found dead, as nobody can tell it from one that is. */
const FROZEN_MS = 10_000

/** The heart of a node whose clock is wrong beats as any other. */
const HARMLESS = /^clock/

/** How long after the end of a pause what it led to may still come to light. */
const AFTERMATH_MS = 30_000

export function hits(fault: Fault, node: string): boolean {
  return fault.node === undefined || fault.node === node
}

/** A killed node ends without a code of its own. */
export function wasKilled({ exit }: Life): boolean {
  return exit?.code === null
}

/** Whether others are right to take a node for dead at a time. */
export function passesForDead(story: Story, node: string, atMs: number): boolean {
  const isGone = story.lives.some(
    (life) =>
      life.node === node &&
      life.exit !== undefined &&
      life.exit.atMs <= atMs &&
      (life.exit.code !== 0 || !isCalm(story, life, life.exit.atMs - RECOVERY_MS, life.exit.atMs)),
  )
  // Several short ones in a row do what a long one does.
  const silentMs = story.faults
    .filter(
      (fault) =>
        fault.node === node &&
        !HARMLESS.test(fault.what) &&
        fault.beganAtMs <= atMs &&
        fault.overAtMs + AFTERMATH_MS >= atMs,
    )
    .reduce((sum, fault) => sum + fault.overAtMs - fault.beganAtMs, 0)

  return isGone || silentMs >= FROZEN_MS
}

/** Whether a node feels no fault throughout a time, nor one that was just over. */
export function isCalm(
  { faults }: Pick<Story, 'faults'>,
  { node }: Pick<Life, 'node'>,
  fromMs: number,
  toMs: number,
): boolean {
  return !faults.some(
    (fault) =>
      hits(fault, node) && fault.beganAtMs <= toMs && fault.overAtMs + RECOVERY_MS >= fromMs,
  )
}

/** Whether a node is able to work throughout a time: it is up, and nothing is broken, or was just now. */
export function isAble(story: Story, life: Life, fromMs: number, toMs: number): boolean {
  const { readyAtMs, dismissedAtMs, exit } = life
  const endMs = Math.min(dismissedAtMs, exit?.atMs ?? Infinity)

  return readyAtMs <= fromMs && toMs <= endMs && isCalm(story, life, fromMs, toMs)
}
