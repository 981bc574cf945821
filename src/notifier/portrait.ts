/** What a node shows of itself to whoever looks from outside its process. */
import type { TreeDescription } from '../../supervisors/description.ts'
import type { EndedAttempts, QueueState } from '../queue-state.ts'

/** The process that a node lives in. */
export interface ProcessFacts {
  readonly pid: number
  /** Seconds since the process started. */
  readonly uptimeSeconds: number
  /** Resident memory of the process with all its threads, in bytes. */
  readonly memoryBytes: number
  /** CPU time that the process has used since it started, in seconds, over all its threads. */
  readonly cpuSeconds: number
  readonly nodeVersion: string
}

/**
 * How many jobs were claimed ahead, not which: there may be thousands, and a notification holds little.
 * What the node says of itself as a whole is left out, and so is what its tree shows.
 */
export interface QueuePortrait extends Omit<
  QueueState,
  'ended' | 'instance' | 'prefetched' | 'shutdownStartedAt' | 'updatedAt'
> {
  readonly prefetched: number
  /** Not told by older releases. */
  readonly ended?: EndedAttempts | undefined
}

export interface NodePortrait {
  readonly instance: string
  readonly node: string
  /** When it was made, by the clock of the node. */
  readonly at: Date
  readonly process: ProcessFacts
  readonly queues: readonly QueuePortrait[]
  /** As `oban.snapshot()`. */
  readonly tree: TreeDescription
}
