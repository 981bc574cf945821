/** At most one node leads at any moment: by the database, and by what the nodes believe. */
import type { Term } from './history.ts'
import type { Story, Violation } from './story.ts'

/** Between the clock of the database and a node's: they are one, read in two ways. */
const TOLERANCE_MS = 100

export function ofTerms({ terms, lives }: Story): Violation[] {
  const found: Violation[] = []
  for (const [index, term] of terms.entries()) {
    const before = terms[index - 1]
    if (before === undefined || before.untilMs === null || before.node === term.node) continue
    if (term.electedAtMs < before.untilMs) {
      found.push({ what: `${term.node} came to lead while ${before.node} still did` })
    }
  }
  const beliefs = lives.flatMap(({ told }) =>
    told.filter(({ event, leader }) => event === 'peer.election' && leader === true),
  )
  for (const { node, atMs } of beliefs) {
    const term = terms.findLast((each) => each.atMs <= atMs + TOLERANCE_MS)
    if (term?.node === node && isHeld(term, atMs)) continue
    found.push({ what: `${node} took itself for the leader when it was not` })
  }

  return found
}

function isHeld({ untilMs }: Term, atMs: number): boolean {
  return untilMs !== null && atMs <= untilMs + TOLERANCE_MS
}
