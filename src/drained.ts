/** What `drainQueue` answers. Apart from what drains, which callers need not load. */

/** How many attempts a drain has made, by how they ended: the words of the telemetry events. */
export interface Drained {
  readonly cancelled: number
  /** Failed, and that was the last attempt. */
  readonly discard: number
  /** Failed, and will be tried again. */
  readonly failure: number
  /** Given back as they were: their worker is not known here, or they may not start any more. */
  readonly released: number
  readonly snoozed: number
  readonly success: number
}

export const nothingDrained: Drained = {
  cancelled: 0,
  discard: 0,
  failure: 0,
  released: 0,
  snoozed: 0,
  success: 0,
}
