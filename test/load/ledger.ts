/** What the bodies of a load wrote: who began how often, and who ended well how often. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Ledger {
  /** How often the body of each job began, and how often it returned, by id. */
  readonly started: ReadonlyMap<string, number>
  readonly ended: ReadonlyMap<string, number>
}

export function readLedger(folder: string): Ledger {
  const counts = { started: new Map<string, number>(), ended: new Map<string, number>() }
  for (const name of readdirSync(folder)) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const [kind, id = ''] = line.split(' ')
      if (kind !== 'started' && kind !== 'ended') continue
      counts[kind].set(id, (counts[kind].get(id) ?? 0) + 1)
    }
  }

  return counts
}
