/** No job is lost, each ends as its worker wants, and each attempt counts that should, and no other. */
import { isDeepStrictEqual } from 'node:util'
import { endingsIn, type Endings } from './endings.ts'
import { changesByJob, claimsOf, type Change, type Claim } from './history.ts'
import { KINDS } from './kinds.ts'
import type { Run } from './ledger.ts'
import { groupBy } from './group-by.ts'
import { passesForDead, wasKilled, type Story, type Violation } from './story.ts'

const ENDED = new Set(['cancelled', 'completed', 'discarded'])

/** What a node noticed so short before it was killed may never have been told. */
const UNTOLD_MS = 2_000

export function ofJobs(story: Story): Violation[] {
  const endings = endingsIn(story)
  const changed = changesByJob(story.changes)
  const runs = groupBy(story.runs, ({ id }) => id)
  const lost = story.confirmed.filter((id) => !changed.has(id))

  return [
    ...lost.map((id) => ({ id, what: 'was confirmed, and is not there' })),
    ...[...changed].flatMap(([id, changes]) => [
      ...ofEnd(changes),
      ...ofOrder(changes, story),
      ...ofGivingBack(changes, runs.get(id) ?? [], { story, endings }),
    ]),
  ]
}

/** Every job ends, as its worker wants, with the attempts that it had. */
function ofEnd(changes: readonly Change[]): Violation[] {
  const last = changes.at(-1)
  if (last === undefined) return []
  const { id, worker, state, attempt, errors, meta } = last
  const kind = KINDS[worker]
  if (kind === undefined) return [{ id, what: `is of a worker that nobody knows: ${worker}` }]
  if (state !== kind.state) return [{ id, what: `is left ${state}, not ${kind.state}` }]
  // What has an only attempt has it once, whoever rescues it.
  const rescues = kind.state === 'discarded' ? 0 : (meta.rescued ?? 0)
  const { attempts, because = /(?:)/, snoozes, isRecorded } = kind
  const found: string[] = []
  if (attempt !== attempts + rescues) {
    found.push(`has attempt ${attempt}, not ${attempts + rescues}`)
  }
  if (errors.length !== kind.errors) found.push(`has ${errors.length} errors, not ${kind.errors}`)
  const strange = errors.find((error) => !because.test(error))
  if (strange !== undefined) found.push(`failed for another reason: ${strange.split('\n', 1)[0]}`)
  if ((meta.snoozed ?? 0) !== snoozes) found.push(`snoozed ${meta.snoozed} times`)
  if (isRecorded && meta.return === undefined) found.push('lost what it recorded')

  return found.map((what) => ({ id, what }))
}

/** An acknowledgement whose answer was lost is sent again, and writes a cancelled job as it is. */
function isRepeated(change: Change, before: Change | undefined): boolean {
  return (
    before?.state === 'cancelled' &&
    isDeepStrictEqual({ ...change, atMs: 0 }, { ...before, atMs: 0 })
  )
}

/** Each change follows from the one before, and only nodes that are gone are rescued from. */
function ofOrder(changes: readonly Change[], story: Story): Violation[] {
  const found: string[] = []
  const dead = new Map(story.deaths.map(({ uuid, atMs }) => [uuid, atMs]))
  const ended = changes.findIndex(({ state }) => ENDED.has(state))
  if (
    changes.slice(ended + 1).some((change) => ended !== -1 && !isRepeated(change, changes[ended]))
  ) {
    found.push(`changed after it was ${changes[ended]?.state}`)
  }
  for (const { claim, end } of claimsOf(changes)) {
    const diedAtMs = dead.get(claim.uuid ?? '')
    if (diedAtMs !== undefined && claim.atMs > diedAtMs) {
      found.push('was claimed by a producer that was dead')
    }
    if (end === undefined) continue
    const isRescue = wasRescued({ claim, end })
    if (isRescue && !passesForDead(story, claim.node ?? '', end.atMs)) {
      found.push(`was rescued from ${claim.node}, which lives`)
    }
    // A claim counts unless the job snoozed or never ran to an end.
    const isRestored = (end.state === 'available' && !isRescue) || end.state === 'scheduled'
    const expected = isRestored ? claim.attempt - 1 : claim.attempt
    if (end.attempt !== expected) {
      found.push(`went from attempt ${claim.attempt} to ${end.state} with ${end.attempt}`)
    }
  }

  return found.flatMap((what) => changes.slice(0, 1).map(({ id }) => ({ id, what })))
}

/** Whether a claim was ended by others, who took its node for dead. */
export function wasRescued({ claim, end }: Claim): boolean {
  return (end?.meta.rescued ?? 0) > (claim.meta.rescued ?? 0)
}

export function isRunOf(run: Run, claim: Change): boolean {
  return (
    run.id === claim.id && run.attempt === claim.attempt && run.claimedAtMs === claim.claimedAtMs
  )
}

/** What has started is given back only when its thread is gone, or its node stops. */
function ofGivingBack(
  changes: readonly Change[],
  runs: readonly Run[],
  { story, endings }: { readonly story: Story; readonly endings: Endings },
): Violation[] {
  return claimsOf(changes).flatMap(({ claim, end }) => {
    const isGivenBack = end?.state === 'available' && !wasRescued({ claim, end })
    if (!isGivenBack) return []
    const wrong = runs.some((run) => isRunOf(run, claim) && !mayBeCut(run, end.atMs))

    return wrong ? [{ id: claim.id, what: 'was given back though it had started' }] : []
  })

  function mayBeCut(run: Run, atMs: number): boolean {
    const life = story.lives.find(({ pid }) => pid === run.pid)
    if (life === undefined) return false
    const cutAtMs = endings.cutOf(run) ?? Infinity
    const isUntold = wasKilled(life) && atMs >= (life.exit?.atMs ?? Infinity) - UNTOLD_MS

    return cutAtMs <= atMs || life.dismissedAtMs <= atMs || isUntold
  }
}
