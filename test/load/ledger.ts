/** What the bodies of a load wrote: who began how often, and who ended well how often. */
import { entryOf, ledgerLines } from '../support/ledger-lines.ts'

export interface Ledger {
  /** How often the body of each job began, and how often it returned, by id. */
  readonly started: ReadonlyMap<string, number>
  readonly ended: ReadonlyMap<string, number>
}

export function readLedger(folder: string): Ledger {
  const counts = { started: new Map<string, number>(), ended: new Map<string, number>() }
  for (const { kind, id } of ledgerLines(folder).map(entryOf)) {
    if (kind !== 'started' && kind !== 'ended') continue
    counts[kind].set(id, (counts[kind].get(id) ?? 0) + 1)
  }

  return counts
}
