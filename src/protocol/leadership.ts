/**
 * Whether this node may believe that it leads. It outlives the peer: one that starts again must know
 * the term that the database may still hold for this node.
 *
 * Trust ends on the node's own monotonic clock, counted from the sending of the last renewal that
 * succeeded: neither an answer that came late nor a step of a wall clock prolongs it.
 */

/** A tenth of the lease, in which what was begun before the end of the trust may finish. */
const MARGIN = 0.1

export class Leadership {
  readonly leaseMs: number
  /** The term that the database may hold for this node, by the text of its beginning. */
  #electedAt: string | null = null
  #trustedUntilMs = -Infinity

  /** @param leaseMs - how long others leave a leader alone that does not renew */
  constructor(leaseMs: number) {
    this.leaseMs = leaseMs
  }

  get electedAt(): string | null {
    return this.#electedAt
  }

  /** Elected, or the lease was renewed, by a query that was sent at `sentAtMs`. */
  hold(electedAt: string, sentAtMs: number): void {
    this.#electedAt = electedAt
    this.#trustedUntilMs = sentAtMs + this.leaseMs * (1 - MARGIN)
  }

  /** Work as the leader no more; the term may still stand in the database. */
  distrust(): void {
    this.#trustedUntilMs = -Infinity
  }

  /** The database has the term no more. */
  lose(): void {
    this.#electedAt = null
    this.distrust()
  }

  /** How long the trust still lasts, in milliseconds; 0 or less when it has ended. */
  trustedForMs(nowMs: number): number {
    return this.#trustedUntilMs - nowMs
  }

  /** Ask right before each act of a leader: a process that was frozen has timers that are late. */
  isTrusted(nowMs: number): boolean {
    return this.trustedForMs(nowMs) > 0
  }
}
