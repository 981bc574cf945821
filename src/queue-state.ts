/** What can be seen of a queue from outside. */

/** How many attempts ended in which way. */
export interface EndedAttempts {
  readonly completed: number
  readonly failed: number
}

/** A queue on this node, as it is now. */
export interface QueueState {
  readonly queue: string
  /** The name of the instance. */
  readonly instance: string
  readonly node: string
  /** Of the producer: the second element of `attempted_by`. */
  readonly uuid: string
  /** Jobs executed at once. */
  readonly limit: number
  readonly paused: boolean
  /** Ids of the jobs that are being executed. */
  readonly running: readonly number[]
  /** Ids of the jobs that were claimed ahead of the limit and have not started. */
  readonly prefetched: readonly number[]
  readonly startedAt: Date
  /** Attempts that ended here since `startedAt`: `failed` ones are tried again, or were the last. */
  readonly ended: EndedAttempts
  /** When the last heartbeat was sent that found the producer's row, each five seconds. */
  readonly updatedAt: Date
  /** Since when it lets its jobs finish to stop; null while it does not. */
  readonly shutdownStartedAt: Date | null
  /** Threads of its own, by number; none for an inline queue. */
  readonly threads: readonly ThreadState[]
}

/** A place for a thread in a queue's pool. */
export interface ThreadState {
  /** The first is 1. */
  readonly thread: number
  /**
   * `asleep`: nothing has run here yet, or the thread has ended. `draining`: it takes no more, and goes
   * when what runs there has ended.
   */
  readonly state: 'asleep' | 'booting' | 'draining' | 'up'
  /** Ids of the jobs that it was given and that have not ended. */
  readonly running: readonly number[]
  /** Jobs that have ended on it so far, whatever as. */
  readonly jobs: number
  /** Threads that have ended here. */
  readonly exits: number
  /** Of a thread that is up: its heap and what lies outside, as it was seen last while it had jobs. */
  readonly memoryBytes?: number
  /** Of a thread that is up: share of the time since it was last looked at that it was busy, 0 to 1. */
  readonly utilization?: number
}
