/**
 * How long the runtime waits before it tries again what failed: twice as long with each failure in a
 * row, so that those who wait for the end of an outage do not prolong it. Jobs wait by `backoff.ts`.
 */

export interface PatienceOptions {
  /** The wait after the first failure, in milliseconds. */
  readonly firstMs: number
  /** The longest wait, in milliseconds. */
  readonly longestMs: number
}

/**
 * @param failures - how many there were in a row, 1 or more
 * @returns milliseconds
 */
export function patience(failures: number, { firstMs, longestMs }: PatienceOptions): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1))
}
