/**
 * What must hold of every story, whatever was broken while it happened. Pure: it judges what the triggers,
 * the bodies and the nodes wrote down.
 */
import { ofCrons } from './invariants-cron.ts'
import { ofExits, ofFigures, ofLogs, ofMishaps } from './invariants-host.ts'
import { ofJobs } from './invariants-jobs.ts'
import { ofTerms } from './invariants-leaders.ts'
import { ofDeaths, ofLimits, ofRecoveries } from './invariants-nodes.ts'
import { ofRuns } from './invariants-runs.ts'
import { ofSessions } from './invariants-sessions.ts'
import type { Story, Violation } from './story.ts'

export type { Fault, Life, Story, Violation } from './story.ts'

const INVARIANTS: ReadonlyArray<(story: Story) => Violation[]> = [
  ofJobs,
  ofRuns,
  ofLimits,
  ofTerms,
  ofCrons,
  ofDeaths,
  ofRecoveries,
  ofLogs,
  ofMishaps,
  ofFigures,
  ofSessions,
  ofExits,
]

export function violations(story: Story): Violation[] {
  return INVARIANTS.flatMap((invariant) => invariant(story))
}
