/** One run at most for each claim, while the claim lasts, and never two of one job at once. */
import { endingsIn } from './endings.ts'
import { changesByJob, claimsOf, type Claim } from './history.ts'
import { isRunOf, wasRescued } from './invariants-jobs.ts'
import { groupBy } from './group-by.ts'
import type { Story, Violation } from './story.ts'

export function ofRuns(story: Story): Violation[] {
  const { endOf } = endingsIn(story)
  const claims = new Map(
    [...changesByJob(story.changes)].map(([id, ofJob]) => [id, claimsOf(ofJob)] as const),
  )
  const found: Violation[] = []
  for (const [id, ofJob] of groupBy(story.runs, (run) => run.id)) {
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
      const endedAtMs = endOf(run)
      if (endedAtMs === undefined) found.push({ id, what: 'vanished from a node that lives' })
      // A node that stood still goes on with what others have taken over, until it hears of it.
      const takenAtMs = claim && wasRescued(claim) ? claim.end?.atMs : undefined
      const freeAtMs = Math.min(endedAtMs ?? run.startedAtMs, takenAtMs ?? Infinity)
      busyUntilMs = Math.max(busyUntilMs, freeAtMs)
    }
  }

  return found
}
