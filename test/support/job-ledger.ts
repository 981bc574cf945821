/** What the jobs of `test/fixtures/ledger-workers.js` wrote down. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { entryOf, ledgerLines } from './ledger-lines.ts'

/** Their module, for queues with threads. */
export const ledgerModule = new URL('../fixtures/ledger-workers.js', import.meta.url)

export interface JobLedger {
  /** What jobs take as an argument of this name. */
  readonly folder: string
  /** The ids of the jobs that wrote such a line, once for each line, in order. */
  readonly ids: (kind: 'OBAN_SHUTDOWN' | 'ended' | 'started') => number[]
}

/** A ledger for one test. */
export function jobLedger(): JobLedger {
  const folder = mkdtempSync(join(tmpdir(), 'oban-ledger-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })

  return {
    folder,
    ids: (kind) =>
      ledgerLines(folder)
        .map(entryOf)
        .filter((entry) => entry.kind === kind)
        .map(({ id }) => Number(id))
        .toSorted((a, b) => a - b),
  }
}
