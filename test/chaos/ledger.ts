/** What the bodies of jobs wrote down about themselves. */
import { ledgerLines } from '../support/ledger-lines.ts'
import { groupBy } from './group-by.ts'

export interface LedgerLine {
  /** `aborted` stands before `ended` when the body ended with its signal. */
  readonly kind: 'aborted' | 'ended' | 'started'
  readonly id: number
  readonly attempt: number
  /** `attempted_at` of the claim, which tells claims with the same attempt number apart. */
  readonly claimedAtMs: number
  readonly queue: string
  readonly pid: number
  /** The number of the thread within its queue; 0 is the main one. */
  readonly thread: number
  readonly atMs: number
}

/** One execution of a body. */
export interface Run {
  readonly id: number
  readonly attempt: number
  readonly claimedAtMs: number
  readonly queue: string
  readonly pid: number
  readonly thread: number
  readonly startedAtMs: number
  /** Missing when its process or thread died first. */
  readonly endedAtMs: number | undefined
}

/** Every line of every process, by time. */
export function readLedger(folder: string): LedgerLine[] {
  return ledgerLines(folder, '.jsonl')
    .map((line): LedgerLine => JSON.parse(line))
    .toSorted((a, b) => a.atMs - b.atMs)
}

function keyOf({ id, attempt, claimedAtMs, pid }: LedgerLine): string {
  return `${id} ${attempt} ${claimedAtMs} ${pid}`
}

export function runsOf(lines: readonly LedgerLine[]): Run[] {
  const ends = groupBy(
    lines.filter(({ kind }) => kind === 'ended'),
    keyOf,
  )

  return lines
    .filter(({ kind }) => kind === 'started')
    .map((line) => {
      const { id, attempt, claimedAtMs, queue, pid, thread, atMs } = line
      const end = ends.get(keyOf(line))?.shift()

      return {
        id,
        attempt,
        claimedAtMs,
        queue,
        pid,
        thread,
        startedAtMs: atMs,
        endedAtMs: end?.atMs,
      }
    })
}
