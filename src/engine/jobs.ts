/** Statements on jobs: each binding names its parameters, each row keeps PostgreSQL's text. */
import type { JobState } from '../job.ts'
import type { Executing } from '../protocol/reconcile.ts'
import type { Place } from '../protocol/claim-cursor.ts'
import { claimedRowOf, type ClaimedColumns, type ClaimedRow } from '../protocol/claimed-row.ts'
import { formatTextArray } from '../job/text-array.ts'
import { type Db, listQuery, query } from './query.ts'

interface Id {
  readonly id: string
}

type Claim = [queue: string, limit: number, uuid: string, node: string, leftOut: string[]]
type After = [priority: string, scheduledAt: string, id: string]

const claimJobs = listQuery<ClaimedColumns, [...Claim, ...After]>('fetch_jobs')

/** Claim jobs behind a place; their rows come in no particular order. */
export async function fetchJobs(db: Db, after: Place, ...claim: Claim): Promise<ClaimedRow[]> {
  const [queue, _limit, uuid, node] = claim
  const rows = await claimJobs(db, ...claim, after.priority, after.scheduled_at, after.id)
  const claimant = { queue, attempted_by: formatTextArray([node, uuid]) }

  return rows.map((columns) => claimedRowOf(columns, claimant))
}

type Complete = [ids: readonly string[], attempt: number, uuid: string]

/** Answers the ids of those that it completed. */
export const completeJobs = listQuery<[id: string], Complete>('complete_jobs')

/** Where the job stands then: it may have ended before, and stays what it is. */
interface SettledRow extends Id {
  readonly state: JobState
}

export const settleJobs = query<SettledRow, [acks: string]>('settle_jobs')

interface StagedRow {
  readonly queue: string
  readonly staged: string
}

type Stage = [queues: string[], limit: number, now: string | null, exhausted: string]

export const stageJobs = query<StagedRow, Stage>('stage_jobs')

export const executingJobs = query<Executing, [queues: string[], uuids: string[]]>('executing_jobs')

/** Merges into the meta of running jobs. */
export const patchJobs = query<Id, [patches: string]>('patch_jobs')

interface StandingClaim extends Pick<Executing, 'attempt' | 'attempted_at' | 'id'> {
  readonly state: 'completed' | 'executing'
}

export const standingClaims = query<StandingClaim, [ids: string[]]>('standing_claims')

interface Pruned {
  readonly count: string
}

type Prune = [ageSeconds: number, limit: number, now: string | null]

export const pruneCompleted = query<Pruned, Prune>('prune_completed')

export const pruneCancelled = query<Pruned, Prune>('prune_cancelled')

export const pruneDiscarded = query<Pruned, Prune>('prune_discarded')

interface LookedAt {
  /** Who leads the instance. */
  readonly leader: string | null
  /** JSON. */
  readonly queues: string
}

type Look = [name: string, queues: string[], bound: number]

export const lookQueues = query<LookedAt, Look>('look_queues')

export const notify = query<unknown, [channel: string, payloads: string[]]>('notify')

export const notifyChannels = query<unknown, [channels: string[], payloads: string[]]>(
  'notify_channels',
)
