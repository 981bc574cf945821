/** How a node is, for an endpoint that somebody asks. */

/**
 * Whether notifications arrive, and of whom: of nobody, of this node alone, or of other nodes too.
 * `unknown` until the first has arrived.
 */
export type Connectivity = 'unknown' | 'isolated' | 'solitary' | 'clustered'

/** A queue of this node, here and in the database. */
export interface QueueHealth {
  readonly queue: string
  /** Jobs that this node executes at once; as the queue was last set. */
  readonly limit: number
  readonly paused: boolean
  /** Whether it has a producer here that works or is paused; false while it starts, drains or is away. */
  readonly up: boolean
  /** How many jobs this node is executing. */
  readonly running: number
  /** Available jobs in the database; 10,000 stands for that many or more, null for unknown. */
  readonly available: number | null
  /** Jobs that any node executes, bounded as `available`; null for unknown. */
  readonly executing: number | null
  /**
   * How long the job has been due that has waited longest, in seconds of the database's clock; null
   * when none waits, or unknown.
   */
  readonly oldestAvailableSeconds: number | null
}

/** Something that does not work. */
export interface HealthProblem {
  /** What it is: `database`, `notifier` or `queue/<name>`. */
  readonly part: string
  /** When this node noticed; null for a queue. */
  readonly since: Date | null
  readonly reason: string
}

export interface Health {
  /**
   * Whether this node can do its work: the database answers within two seconds, and each queue that it
   * is to run is up. A lost listener does not count, as jobs are then found by polling.
   */
  readonly ok: boolean
  readonly instance: string
  readonly node: string
  readonly database: 'up' | 'down'
  /** Whether notifications arrive, and of whom; jobs of others are found by polling when isolated. */
  readonly notifier: Connectivity
  readonly leader: {
    readonly isLeader: boolean
    /** Who leads by the database; null for nobody, or unknown. */
    readonly node: string | null
  }
  readonly queues: readonly QueueHealth[]
  /** Why `ok` is false, and what else is wrong. Messages of errors: for operators, not for the public. */
  readonly problems: readonly HealthProblem[]
}
