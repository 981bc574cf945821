/** What a node shows of itself to whoever looks from outside its process. */
import type { TreeDescription } from '../../supervisors/description.ts'
import type { QueueState } from '../queue-state.ts'

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

export interface NodePortrait {
  readonly instance: string
  readonly node: string
  /** When it was made, by the clock of the node. */
  readonly at: Date
  readonly process: ProcessFacts
  /** As `oban.checkAllQueues()`. */
  readonly queues: readonly QueueState[]
  /** As `oban.snapshot()`. */
  readonly tree: TreeDescription
}
