/** What a node must keep to: its limits, its life while the database is away, and soon its work again. */
import { endingsIn } from './endings.ts'
import { changesByJob, claimsOf } from './history.ts'
import {
  hits,
  passesForDead,
  RECOVERY_MS,
  type Fault,
  type Story,
  type Violation,
} from './story.ts'

/** Nobody is declared dead because the database was away. */
export function ofDeaths(story: Story): Violation[] {
  return story.deaths
    .filter(({ node, atMs }) => !passesForDead(story, node, atMs))
    .map(({ node }) => ({ what: `${node} was declared dead, and lives` }))
}

export function ofLimits(story: Story): Violation[] {
  const { endOf } = endingsIn(story)
  const found: Violation[] = []
  for (const { node, pid, limits } of story.lives) {
    for (const [queue, limit] of limits) {
      const steps = story.runs
        .filter((run) => run.pid === pid && run.queue === queue)
        .flatMap((run) => [
          { atMs: run.startedAtMs, step: 1 },
          { atMs: endOf(run) ?? Infinity, step: -1 },
        ])
      const most = peak(steps)
      if (most > limit) found.push({ what: `${node} ran ${most} jobs of ${queue}, not ${limit}` })
    }
  }

  return found
}

function peak(steps: ReadonlyArray<{ readonly atMs: number; readonly step: number }>): number {
  let running = 0
  let most = 0
  // Of what fell into one millisecond, ends count first: a slot is free once its job has ended.
  for (const { step } of steps.toSorted((a, b) => a.atMs - b.atMs || a.step - b.step)) {
    running += step
    most = Math.max(most, running)
  }

  return most
}

export function ofRecoveries(story: Story): Violation[] {
  const ends = [...changesByJob(story.changes).values()]
    .flatMap(claimsOf)
    .flatMap(({ claim, end }) =>
      end?.state === 'completed' ? [{ node: claim.node, fromMs: claim.atMs, atMs: end.atMs }] : [],
    )

  return story.faults.flatMap((fault) => ofRecovery(fault, story, ends))
}

interface End {
  readonly node: string | null
  readonly fromMs: number
  readonly atMs: number
}

/**
 * Each node that was up claims a job and completes it soon after the fault is over. Where another fault
 * hits the node before that time has passed, nothing is known yet: the last of them is what counts.
 */
function ofRecovery(fault: Fault, { lives, faults }: Story, ends: readonly End[]): Violation[] {
  const { what, overAtMs } = fault
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
    const firstAtMs = ends
      .filter((end) => end.node === node && end.fromMs > overAtMs)
      .reduce((first, { atMs }) => Math.min(first, atMs), Infinity)
    if (firstAtMs <= deadlineMs) return []

    return [{ what: `${node} was back at work ${firstAtMs - overAtMs} ms after: ${what}` }]
  })
}
