/** What can be seen of a queue from outside. */

/** A queue on this node, as it is now. */
export interface QueueState {
  readonly queue: string
  readonly node: string
  /** Of the producer: the second element of `attempted_by`. */
  readonly uuid: string
  /** Jobs executed at once. */
  readonly limit: number
  readonly paused: boolean
  /** Ids of the jobs that are being executed. */
  readonly running: readonly number[]
  readonly startedAt: Date
  /** Threads of its own; 0 for an inline queue. */
  readonly threads: number
}
