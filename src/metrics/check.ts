/** A queue of this node, as Oban Web shows it. */
import type { QueueState } from '../queue-state.ts'

/** Names are those of Oban; moments are ISO 8601 with an offset, without which the page of the queue breaks. */
export interface Check {
  /** Of the instance. */
  readonly name: string
  readonly node: string
  readonly queue: string
  /** The second element of `attempted_by`: a job under another uuid is shown as orphaned. */
  readonly uuid: string
  readonly limit: number
  readonly local_limit: number
  readonly paused: boolean
  /** Ids; Oban Web takes their number. */
  readonly running: readonly number[]
  readonly started_at: string
  readonly updated_at: string
  /** Only while the queue stops. */
  readonly shutdown_started_at?: string
}

type Shown = Pick<
  QueueState,
  'limit' | 'node' | 'paused' | 'queue' | 'running' | 'startedAt' | 'uuid'
>

export function checkOf(
  name: string,
  state: Shown,
  updatedAt: Date,
  stoppingSince: Date | undefined,
): Check {
  const { node, queue, uuid, limit, paused, running, startedAt } = state

  return {
    name,
    node,
    queue,
    uuid,
    limit,
    local_limit: limit,
    paused,
    running,
    started_at: startedAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    ...(stoppingSince && { shutdown_started_at: stoppingSince.toISOString() }),
  }
}

/** The same with half of the ids; undefined when none is left to leave out. */
export function halveCheck(check: Check): Check | undefined {
  const { running } = check
  if (running.length === 0) return undefined

  return { ...check, running: running.slice(0, Math.floor(running.length / 2)) }
}
