/**
 * What must hold of every history, whatever was broken while it happened. Pure: it judges what the
 * triggers and the bodies wrote down.
 */
import { changesByJob, claimsOf, type Change, type Claim, type Death } from './history.ts'
import type { Run } from './ledger.ts'
import { groupBy } from './group-by.ts'

/** A node, as far as its jobs can tell. */
export interface Life {
  readonly node: string
  readonly pid: number
  /** When it ended, if it was killed. */
  readonly killedAtMs: number | undefined
  /** From when to when it was meant to work. */
  readonly readyAtMs: number
  readonly dismissedAtMs: number
  /** The most jobs at once, by queue. */
  readonly limits: ReadonlyMap<string, number>
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
  readonly runs: readonly Run[]
  readonly lives: readonly Life[]
  readonly faults: readonly Fault[]
}

export interface Violation {
  readonly what: string
  /** The job whose timeline tells more. */
  readonly id?: number
}

const ENDED = new Set(['cancelled', 'completed', 'discarded'])

/** How soon every node must be at work again after a fault. */
const RECOVERY_MS = 10_000

export function violations(story: Story): Violation[] {
  return [
    ...[...changesByJob(story.changes)].flatMap(([id, changes]) => [
      ...ofEnd(id, changes),
      ...ofTransitions(id, changes, story),
    ]),
    ...ofRuns(story),
    ...ofDeaths(story),
    ...story.lives.flatMap((life) => ofLimits(life, story)),
    ...story.faults.flatMap((fault) => ofRecovery(fault, story)),
  ]
}

function killedNodes({ lives }: Story): Set<string> {
  return new Set(lives.filter(({ killedAtMs }) => killedAtMs !== undefined).map(({ node }) => node))
}

/** Every job ends, as its worker wants, with the attempts that it had. */
function ofEnd(id: number, changes: readonly Change[]): Violation[] {
  const last = changes.at(-1)
  if (last === undefined) return []
  if (last.state !== 'completed') return [{ id, what: `is left ${last.state}` }]
  const { worker, attempt, errors, meta } = last
  const failures = worker === 'Chaos.Fails' ? 2 : 0
  const snoozes = worker === 'Chaos.Snoozes' ? 1 : 0
  const expected = 1 + failures + (meta.rescued ?? 0)
  const found: Violation[] = []
  if (attempt !== expected) found.push({ id, what: `has attempt ${attempt}, not ${expected}` })
  if (errors !== failures) found.push({ id, what: `has ${errors} errors, not ${failures}` })
  if ((meta.snoozed ?? 0) !== snoozes) found.push({ id, what: `snoozed ${meta.snoozed} times` })
  if (worker === 'Chaos.Records' && meta.return === undefined) {
    found.push({ id, what: 'lost what it recorded' })
  }

  return found
}

/** Each change follows from the one before, and only nodes that were killed are rescued from. */
function ofTransitions(id: number, changes: readonly Change[], story: Story): Violation[] {
  const found: Violation[] = []
  const killed = killedNodes(story)
  const dead = new Map(story.deaths.map(({ uuid, atMs }) => [uuid, atMs]))
  const ended = changes.findIndex(({ state }) => ENDED.has(state))
  if (ended !== -1 && ended !== changes.length - 1) {
    found.push({ id, what: `changed after it was ${changes[ended]?.state}` })
  }
  for (const { claim, end } of claimsOf(changes)) {
    const diedAtMs = dead.get(claim.uuid ?? '')
    if (diedAtMs !== undefined && claim.atMs > diedAtMs) {
      found.push({ id, what: `was claimed by a producer that was dead` })
    }
    if (end === undefined) continue
    const wasRescued = (end.meta.rescued ?? 0) > (claim.meta.rescued ?? 0)
    if (wasRescued && !killed.has(claim.node ?? '')) {
      found.push({ id, what: `was rescued from ${claim.node}, which lives` })
    }
    found.push(...ofAttempt(id, { claim, end }, wasRescued))
    const wasGivenBack = end.state === 'available' && !wasRescued
    if (wasGivenBack && story.runs.some((run) => isRunOf(run, claim))) {
      found.push({ id, what: 'was given back though it had started' })
    }
  }

  return found
}

/** A claim counts unless the job snoozed or never ran. */
function ofAttempt(id: number, { claim, end }: Claim, wasRescued: boolean): Violation[] {
  if (end === undefined) return []
  const isRestored = (end.state === 'available' && !wasRescued) || end.state === 'scheduled'
  const expected = isRestored ? claim.attempt - 1 : claim.attempt
  if (end.attempt === expected) return []

  return [{ id, what: `went from attempt ${claim.attempt} to ${end.state} with ${end.attempt}` }]
}

function isRunOf(run: Run, claim: Change): boolean {
  return (
    run.id === claim.id && run.attempt === claim.attempt && run.claimedAtMs === claim.claimedAtMs
  )
}

/** One run at most for each claim, while the claim lasts, and never two of one job at once. */
function ofRuns({ changes, runs, lives }: Story): Violation[] {
  const found: Violation[] = []
  const claims = new Map(
    [...changesByJob(changes)].map(([id, ofJob]) => [id, claimsOf(ofJob)] as const),
  )
  for (const [id, ofJob] of groupBy(runs, (run) => run.id)) {
    const spent = new Set<Claim>()
    let busyUntilMs = -Infinity
    for (const run of ofJob.toSorted((a, b) => a.startedAtMs - b.startedAtMs)) {
      const claim = claims.get(id)?.find((candidate) => isRunOf(run, candidate.claim))
      if (claim === undefined) found.push({ id, what: 'ran without a claim' })
      else if (spent.has(claim)) found.push({ id, what: 'ran twice under one claim' })
      else spent.add(claim)
      if (claim?.end && claim.end.atMs < run.startedAtMs) {
        found.push({ id, what: `started after its claim had ended as ${claim.end.state}` })
      }
      if (run.startedAtMs < busyUntilMs) found.push({ id, what: 'ran twice at once' })
      const killedAtMs = lives.find(({ pid }) => pid === run.pid)?.killedAtMs
      const endedAtMs = run.endedAtMs ?? killedAtMs
      if (endedAtMs === undefined) found.push({ id, what: 'vanished from a node that lives' })
      busyUntilMs = Math.max(busyUntilMs, endedAtMs ?? run.startedAtMs)
    }
  }

  return found
}

/** Nobody is declared dead because the database was away. */
function ofDeaths(story: Story): Violation[] {
  const killed = killedNodes(story)

  return story.deaths
    .filter(({ node }) => !killed.has(node))
    .map(({ node }) => ({ what: `${node} was declared dead, and lives` }))
}

function ofLimits({ node, pid, limits, killedAtMs }: Life, { runs }: Story): Violation[] {
  const found: Violation[] = []
  for (const [queue, limit] of limits) {
    const steps = runs
      .filter((run) => run.pid === pid && run.queue === queue)
      .flatMap((run) => [
        { atMs: run.startedAtMs, step: 1 },
        { atMs: run.endedAtMs ?? killedAtMs ?? Infinity, step: -1 },
      ])
    let running = 0
    let most = 0
    // Of what fell into one millisecond, ends count first: a slot is free once its job has ended.
    for (const { step } of steps.toSorted((a, b) => a.atMs - b.atMs || a.step - b.step)) {
      running += step
      most = Math.max(most, running)
    }
    if (most > limit) found.push({ what: `${node} ran ${most} jobs of ${queue}, not ${limit}` })
  }

  return found
}

/**
 * Each node that was up claims a job and completes it soon after the fault is over. Where another fault
 * hits the node before that time has passed, nothing is known yet: the last of them is what counts.
 */
function ofRecovery(fault: Fault, { changes, lives, faults }: Story): Violation[] {
  const { what, overAtMs } = fault
  const claims = [...changesByJob(changes).values()].flatMap(claimsOf)
  const deadlineMs = overAtMs + RECOVERY_MS
  const witnesses = lives.filter(
    ({ node, readyAtMs, dismissedAtMs }) =>
      readyAtMs <= overAtMs && dismissedAtMs >= deadlineMs && hits(fault, node),
  )

  return witnesses.flatMap(({ node }) => {
    const isHitAgain = faults.some(
      (other) => hits(other, node) && other.overAtMs > overAtMs && other.beganAtMs < deadlineMs,
    )
    if (isHitAgain) return []
    const afterMs = claims
      .filter(({ claim, end }) => {
        return claim.node === node && claim.atMs > overAtMs && end?.state === 'completed'
      })
      .map(({ end }) => (end?.atMs ?? Infinity) - overAtMs)
    const firstMs = Math.min(...afterMs)
    if (firstMs <= RECOVERY_MS) return []

    return [{ what: `${node} was back at work ${firstMs} ms after: ${what}` }]
  })
}

function hits(fault: Fault, node: string): boolean {
  return fault.node === undefined || fault.node === node
}
