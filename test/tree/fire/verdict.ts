/** What must hold of every job, whoever was killed while it ran. Pure. */
import { changesByJob, claimsOf, type Change, type Claim } from '../../chaos/history.ts'
import type { Run } from '../../chaos/ledger.ts'
import { groupBy } from '../../chaos/group-by.ts'

export interface Kill {
  readonly path: string
  readonly atMs: number
}

export interface Account {
  readonly ids: readonly number[]
  readonly changes: readonly Change[]
  readonly runs: readonly Run[]
  readonly kills: readonly Kill[]
  /** The most jobs at once, by queue. */
  readonly limits: ReadonlyMap<string, number>
}

/** How long a thread may take to end; meanwhile a body may start in it. */
const ENDING_MS = 2_000

const ENDED = new Set(['cancelled', 'completed', 'discarded'])

/** Empty when nothing was lost, nothing ran twice, and nobody took more than was allowed. */
export function violations(record: Account): string[] {
  const histories = changesByJob(record.changes)
  const found = record.ids.flatMap((id) =>
    ofHistory(histories.get(id) ?? []).map((what) => `${id} ${what}`),
  )

  const lives = livesOf(histories, record)

  return [...found, ...ofRuns(lives), ...ofLimits(lives, record.limits)]
}

function ofHistory(changes: readonly Change[]): string[] {
  const last = changes.at(-1)
  if (last?.state !== 'completed') return [`is left ${last?.state}`]
  const found: string[] = []
  const { worker, attempt, errors, meta } = last
  const failures = worker === 'Fire.Fails' ? 1 : 0
  const snoozes = worker === 'Fire.Snoozes' ? 1 : 0
  if (attempt !== 1 + failures) found.push(`has attempt ${attempt}`)
  if (errors.length !== failures) found.push(`has ${errors.length} errors`)
  if ((meta.snoozed ?? 0) !== snoozes) found.push(`snoozed ${meta.snoozed} times`)
  const ended = changes.findIndex(({ state }) => ENDED.has(state))
  if (ended !== changes.length - 1) found.push('changed after its end')

  return [...found, ...claimsOf(changes).flatMap(ofAttempt)]
}

/** Interrupted and snoozed ones get the attempt back that their claim took; failed ones do not. */
function ofAttempt({ claim, end }: Claim): string[] {
  if (end === undefined) return ['is executing for ever']
  const isRestored = end.state === 'available' || end.state === 'scheduled'
  const expected = isRestored ? claim.attempt - 1 : claim.attempt

  return end.attempt === expected
    ? []
    : [`went from attempt ${claim.attempt} to ${end.state} with ${end.attempt}`]
}

/** A run with the claim that it belongs to. */
interface Life {
  readonly run: Run
  readonly claim: Claim | undefined
  /** When the body ended, or the last moment at which it certainly ran. */
  readonly untilMs: number | undefined
}

function livesOf(histories: ReadonlyMap<number, Change[]>, { runs, kills }: Account): Life[] {
  const claims = new Map([...histories].map(([id, changes]) => [id, claimsOf(changes)]))

  return runs
    .toSorted((a, b) => a.startedAtMs - b.startedAtMs)
    .map((run) => {
      const claim = claims
        .get(run.id)
        ?.find(
          (each) =>
            each.claim.attempt === run.attempt && each.claim.claimedAtMs === run.claimedAtMs,
        )

      return { run, claim, untilMs: run.endedAtMs ?? interruptedAt(run, claim, kills) }
    })
}

/** The first kill that may have meant it: after its start, or while its thread was ending already. */
function interruptedAt(
  { queue, startedAtMs }: Run,
  claim: Claim | undefined,
  kills: readonly Kill[],
): number | undefined {
  const above = `nursery/foreman/${queue}`
  const kill = kills.find(
    ({ path, atMs }) =>
      atMs >= startedAtMs - ENDING_MS &&
      atMs <= (claim?.end?.atMs ?? Infinity) &&
      (above.startsWith(path) || path.startsWith(`${above}/`)),
  )

  return kill && Math.max(startedAtMs, kill.atMs)
}

/** One run at most for each claim, while the claim lasts; one claim at a time. */
function ofRuns(lives: readonly Life[]): string[] {
  return [...groupBy(lives, ({ run }) => run.id)].flatMap(([id, ofJob]) => {
    const spent = new Set<Claim>()
    let busyUntilMs = -Infinity

    return ofJob.flatMap(({ run, claim, untilMs }) => {
      const found: string[] = []
      if (claim === undefined) found.push(`${id} ran without a claim`)
      else if (spent.has(claim)) found.push(`${id} ran twice under one claim`)
      else spent.add(claim)
      if ((claim?.end?.atMs ?? Infinity) < run.startedAtMs) {
        found.push(`${id} started after it was ${claim?.end?.state}`)
      }
      if (run.startedAtMs < busyUntilMs) found.push(`${id} ran twice at once`)
      if (untilMs === undefined) found.push(`${id} vanished, and nobody was killed`)
      else busyUntilMs = untilMs
      if (run.endedAtMs === undefined && claim?.end?.state !== 'available') {
        found.push(`${id} was interrupted, and is ${claim?.end?.state}`)
      }

      return found
    })
  })
}

function ofLimits(lives: readonly Life[], limits: Account['limits']): string[] {
  return [...limits].flatMap(([queue, limit]) => {
    const steps = lives
      .filter(({ run }) => run.queue === queue)
      .flatMap(({ run, untilMs = Infinity }) => [
        { atMs: run.startedAtMs, step: 1 },
        { atMs: untilMs, step: -1 },
      ])
    let running = 0
    let most = 0
    // Of what fell into one millisecond, ends count first: a slot is free once its job has ended.
    for (const { step } of steps.toSorted((a, b) => a.atMs - b.atMs || a.step - b.step)) {
      running += step
      most = Math.max(most, running)
    }

    return most > limit ? [`${queue} ran ${most} jobs at once, not ${limit}`] : []
  })
}
