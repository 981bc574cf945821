/** What the jobs of `test/fixtures/ledger-workers.js` wrote down. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

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
  const lines = () =>
    readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))

  return {
    folder,
    ids: (kind) =>
      lines()
        .filter((line) => line.startsWith(`${kind} `))
        .map((line) => Number(line.split(' ')[1]))
        .toSorted((a, b) => a - b),
  }
}
