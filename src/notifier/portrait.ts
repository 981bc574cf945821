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

/** A thread of a queue, and what it does. */
export interface ThreadPortrait {
  readonly thread: number
  readonly state: string
  /** Ids of the jobs that it is executing. */
  readonly running: readonly number[]
  /** Jobs that have ended on it. */
  readonly jobs: number
  /** Threads that have ended in this place. */
  readonly exits: number
  readonly memoryBytes?: number | undefined
  /** How busy its event loop is, from 0 to 1. */
  readonly utilization?: number | undefined
}

/** Without the jobs claimed ahead: there may be thousands, and a notification holds little. */
export interface QueuePortrait extends Omit<QueueState, 'prefetched' | 'threads'> {
  readonly threads: readonly ThreadPortrait[]
}

export interface NodePortrait {
  readonly instance: string
  readonly node: string
  /** When it was made, by the clock of the node. */
  readonly at: Date
  readonly process: ProcessFacts
  /** As `oban.checkAllQueues()`. */
  readonly queues: readonly QueuePortrait[]
  /** As `oban.snapshot()`. */
  readonly tree: TreeDescription
}
