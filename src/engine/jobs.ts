/** Statements on jobs: each binding names its parameters, each row keeps PostgreSQL's text. */
import type { JobState } from '../job.ts'
import type { Executing } from '../protocol/reconcile.ts'
import type { ClaimedRow } from '../protocol/tenure.ts'
import { formatTextArray } from '../job/text-array.ts'
import { type Db, listQuery, query } from './query.ts'

interface Id {
  readonly id: string
}

type Claimed = [
  id: string,
  worker: string,
  args: string | null,
  meta: string | null,
  tags: string | null,
  priority: string,
  attempt: string,
  maxAttempts: string,
  errors: string | null,
  insertedAt: string,
  scheduledAt: string,
  attemptedAt: string,
  completedAt: string | null,
  cancelledAt: string | null,
  discardedAt: string | null,
]

type Claim = [queue: string, limit: number, uuid: string, node: string, leftOut: string[]]

const claimJobs = listQuery<Claimed, Claim>('fetch_jobs')

/** Claim jobs; their rows come in no particular order. */
export async function fetchJobs(db: Db, ...claim: Claim): Promise<ClaimedRow[]> {
  const [queue, _limit, uuid, node] = claim
  const rows = await claimJobs(db, ...claim)
  const attempted_by = formatTextArray([node, uuid])

  return rows.map(
    ([
      id,
      worker,
      args,
      meta,
      tags,
      priority,
      attempt,
      max_attempts,
      errors,
      inserted_at,
      scheduled_at,
      attempted_at,
      completed_at,
      cancelled_at,
      discarded_at,
    ]) => ({
      id,
      state: 'executing',
      queue,
      worker,
      args,
      meta,
      tags,
      errors,
      attempt,
      max_attempts,
      priority,
      attempted_by,
      inserted_at,
      scheduled_at,
      attempted_at,
      completed_at,
      cancelled_at,
      discarded_at,
    }),
  )
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
